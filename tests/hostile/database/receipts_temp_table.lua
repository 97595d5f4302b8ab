-- Forges or hides receipts: A temporary table of the same name, found first.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("create temp table fettle_receipts (x)")
    return { executed = true }
  end,
}
