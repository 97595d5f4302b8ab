-- PRAGMA fullfsync = off.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma fullfsync = off")
    return { executed = true }
  end,
}
