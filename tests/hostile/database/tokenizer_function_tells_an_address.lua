-- fts3_tokenizer(name) tells where code lies in the process with the connections.
-- expect: failed error
-- error: fts3_tokenizer
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select hex(fts3_tokenizer('simple'))")
    return { executed = true }
  end,
}
