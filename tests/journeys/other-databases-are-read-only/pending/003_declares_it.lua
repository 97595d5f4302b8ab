return { database = "archive", shouldRun = function() return true end, execute = function()
  db.exec("insert into old (name) values ('sorb')")
  return { executed = true }
end }
