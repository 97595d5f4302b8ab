-- Forges or hides receipts: A trigger that swallows receipts.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("create trigger t before insert on fettle_receipts begin select raise(ignore); end")
    return { executed = true }
  end,
}
