return { shouldRun = function() return true end, execute = function()
  db.exec("delete from item")
  skip("not on a Monday")
end }
