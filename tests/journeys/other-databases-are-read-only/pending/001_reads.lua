return { shouldRun = function() return databases.archive.value("select count(*) from old") == 1 end, execute = function()
  local name = databases.archive.value("select name from old")
  db.exec("insert into item (name) values (?)", name)
  return { executed = true }
end }
