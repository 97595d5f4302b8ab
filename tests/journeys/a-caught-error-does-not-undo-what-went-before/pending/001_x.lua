return { shouldRun = function() return true end, execute = function()
  db.exec("insert into item (id, name) values (10, 'quince')")
  local ok, why = pcall(db.exec, "insert into item (id, name) values (11, 'quince')")
  assert(not ok and tostring(why):find("UNIQUE"), "the second insert must fail")
  db.exec("insert into item (id, name) values (12, 'medlar')")
  return { executed = true, message = "two of three" }
end }
