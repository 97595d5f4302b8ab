-- Ends the transaction again and again.
-- expect: failed error
-- error: ended its transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp trigger t before insert on item begin select raise(rollback, 'gone'); end")
    for _ = 1, 100 do pcall(db.exec, "insert into item (name) values ('x')") end
    return { executed = true }
  end,
}
