-- PRAGMA locking_mode = exclusive.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma locking_mode = exclusive")
    return { executed = true }
  end,
}
