return { shouldRun = function() return true end, execute = function()
  db.exec("delete from item where id = 1")
  db.exec(STATEMENT)
  return { executed = true }
end }
