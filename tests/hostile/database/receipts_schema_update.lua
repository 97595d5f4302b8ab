-- Forges or hides receipts: The table in sqlite_schema.
-- expect: failed error
-- error: may not be modified
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("update sqlite_schema set sql = 'x' where name = 'fettle_receipts'")
    return { executed = true }
  end,
}
