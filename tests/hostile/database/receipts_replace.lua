-- Forges or hides receipts: REPLACE.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("replace into fettle_receipts values ('999_later.lua', 'x', 'x', 1, 1, 'x', 'x', 'x')")
    return { executed = true }
  end,
}
