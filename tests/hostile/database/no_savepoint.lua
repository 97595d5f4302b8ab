-- Savepoints: savepoint x.
-- expect: failed error
-- error: SAVEPOINT is not for scripts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("savepoint x")
    return { executed = true }
  end,
}
