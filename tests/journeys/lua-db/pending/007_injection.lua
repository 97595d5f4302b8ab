return { shouldRun = function() return true end, execute = function()
  db.exec("update item set name = ? where id = 10", "x'; drop table item; --")
  return { executed = true }
end }
