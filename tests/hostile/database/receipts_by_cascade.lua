-- A foreign key whose cascade would reach receipts.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create table c (s references fettle_receipts (script) on delete cascade)")
    db.exec("delete from fettle_receipts")
    return { executed = true }
  end,
}
