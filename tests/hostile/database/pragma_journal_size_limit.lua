-- PRAGMA journal_size_limit = 0.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma journal_size_limit = 0")
    return { executed = true }
  end,
}
