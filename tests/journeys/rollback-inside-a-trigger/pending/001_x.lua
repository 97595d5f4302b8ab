return { shouldRun = function() return true end, execute = function()
  db.exec("insert into item (name) values ('medlar')")
  pcall(db.exec, "insert into item (name) values ('quince')")
  db.exec("insert into item (name) values ('apple')")
  return { executed = true }
end }
