-- Forges or hides receipts: By a WITH.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("with x as (select 1) delete from fettle_receipts")
    return { executed = true }
  end,
}
