-- Forges or hides receipts: Renames a column.
-- expect: failed error
-- error: the tables fettle_receipts and fettle_begun prove
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("alter table fettle_receipts rename column node to x")
    return { executed = true }
  end,
}
