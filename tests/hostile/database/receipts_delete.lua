-- Forges or hides receipts: Removes the receipts.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("delete from fettle_receipts")
    return { executed = true }
  end,
}
