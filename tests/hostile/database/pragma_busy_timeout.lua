-- PRAGMA busy_timeout = 1000000.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma busy_timeout = 1000000")
    return { executed = true }
  end,
}
