-- Forges or hides receipts: A temporary view of the same name.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("create temp view fettle_receipts as select 1")
    return { executed = true }
  end,
}
