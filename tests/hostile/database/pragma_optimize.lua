-- PRAGMA optimize.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma optimize")
    return { executed = true }
  end,
}
