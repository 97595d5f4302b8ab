-- Forges or hides receipts: Changes a receipt.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("update fettle_receipts set sha256 = 'x'")
    return { executed = true }
  end,
}
