-- PRAGMA encoding = 'UTF-16'.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma encoding = 'UTF-16'")
    return { executed = true }
  end,
}
