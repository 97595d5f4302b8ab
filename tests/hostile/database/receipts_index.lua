-- Forges or hides receipts: An index with a condition that fails.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("create unique index r on fettle_receipts (node)")
    return { executed = true }
  end,
}
