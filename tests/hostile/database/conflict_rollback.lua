-- ON CONFLICT ROLLBACK ends the transaction; what the script does next is refused.
-- expect: failed error
-- error: transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item where id = 1")
    pcall(db.exec, "insert or rollback into item (id, name) values (2, 'x')")
    db.exec("insert into item (name) values ('alone')")
    return { executed = true }
  end,
}
