return { shouldRun = function() return true end, execute = function()
  db.exec("create table extra (a)")
  db.exec("alter table item add column colour text")
  db.exec("create index by_price on item (price)")
  db.exec("drop table item")
  error("second thoughts")
end }
