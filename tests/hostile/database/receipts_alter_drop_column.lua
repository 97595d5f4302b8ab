-- Forges or hides receipts: Drops a column.
-- expect: failed error
-- error: the tables fettle_receipts and fettle_begun prove
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("alter table fettle_receipts drop column node")
    return { executed = true }
  end,
}
