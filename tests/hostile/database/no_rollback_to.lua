-- Savepoints: rollback to x.
-- expect: failed error
-- error: ROLLBACK TO is not for scripts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("rollback to x")
    return { executed = true }
  end,
}
