-- Forges or hides receipts: By ON CONFLICT.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("insert into fettle_receipts values ('999_later.lua', 'x', 'x', 1, 1, 'x', 'x', 'x') on conflict do update set node = 1")
    return { executed = true }
  end,
}
