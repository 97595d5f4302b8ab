-- A trigger on another table that writes receipts.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create trigger t after delete on item begin delete from fettle_receipts; end")
    db.exec("delete from item")
    return { executed = true }
  end,
}
