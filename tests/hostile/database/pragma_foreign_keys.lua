-- PRAGMA foreign_keys = off.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma foreign_keys = off")
    return { executed = true }
  end,
}
