-- PRAGMA auto_vacuum = full.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma auto_vacuum = full")
    return { executed = true }
  end,
}
