return { shouldRun = function() return true end, execute = function()
  db.exec("delete from item")
  db.exec("insert into item (id, name) values (1, 'a')")
  db.exec("insert into item (id, name) values (2, 'a')")
  return { executed = true }
end }
