-- Reading them is allowed.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    db.query("select * from fettle_receipts")
    return { executed = true }
  end,
}
