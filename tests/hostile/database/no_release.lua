-- Savepoints: release x.
-- expect: failed error
-- error: RELEASE is not for scripts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("release x")
    return { executed = true }
  end,
}
