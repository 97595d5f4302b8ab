-- RAISE(ROLLBACK) in a trigger.
-- expect: failed error
-- error: ended its transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create trigger t before insert on item begin select raise(rollback, 'gone'); end")
    pcall(db.exec, "insert into item (name) values ('x')")
    return { executed = true }
  end,
}
