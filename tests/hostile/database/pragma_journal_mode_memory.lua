-- PRAGMA journal_mode = memory.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma journal_mode = memory")
    return { executed = true }
  end,
}
