-- The same out of a view, by a name in other letters.
-- expect: failed error
-- error: unsafe use of|fts3_tokenizer
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create view v as select hex(FTS3_Tokenizer('porter')) as x")
    db.value("select x from v")
    return { executed = true }
  end,
}
