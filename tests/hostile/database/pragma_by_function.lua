-- A pragma as a table-valued function.
-- expect: failed error
-- error: unknown database
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.query("select * from pragma_journal_mode")
    db.query("select * from pragma_journal_mode('off')")
    return { executed = true }
  end,
}
