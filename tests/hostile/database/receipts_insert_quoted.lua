-- Forges or hides receipts: The name in quotation marks and other letters.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("insert into main.[Fettle_Receipts] values ('999_later.lua', 'x', 'x', 1, 1, 'x', 'x', 'x')")
    return { executed = true }
  end,
}
