-- Forges or hides receipts: Its row in sqlite_schema.
-- expect: failed error
-- error: may not be modified
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("delete from sqlite_schema where name = 'fettle_receipts'")
    return { executed = true }
  end,
}
