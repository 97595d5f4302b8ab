-- The same, and says that all is well.
-- expect: failed error
-- error: ended its transaction
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item where id = 1")
    pcall(db.exec, "insert or rollback into item (id, name) values (2, 'x')")
    return { executed = true }
  end,
}
