-- A view whose INSTEAD OF trigger writes receipts.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create view v as select * from fettle_receipts")
    db.exec("create trigger t instead of delete on v begin delete from fettle_receipts; end")
    db.exec("delete from v")
    return { executed = true }
  end,
}
