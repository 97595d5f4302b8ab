-- PRAGMA threads = 8.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma threads = 8")
    return { executed = true }
  end,
}
