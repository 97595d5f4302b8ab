-- DELETE with RETURNING as a query.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.query("delete from fettle_receipts returning script")
    return { executed = true }
  end,
}
