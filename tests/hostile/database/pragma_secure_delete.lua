-- PRAGMA secure_delete = off.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("pragma secure_delete = off")
    return { executed = true }
  end,
}
