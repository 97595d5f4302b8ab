-- A table whose own constraint rolls back.
-- expect: failed error
-- error: ended its transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create table t (x unique on conflict rollback)")
    db.exec("insert into t values (1)")
    pcall(db.exec, "insert into t values (1)")
    return { executed = true }
  end,
}
