-- Forges or hides receipts: Drops the table.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("drop table if exists main.fettle_receipts")
    return { executed = true }
  end,
}
