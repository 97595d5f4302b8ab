-- EXPLAIN tells and changes nothing.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.query("explain delete from fettle_receipts")
    return { executed = true }
  end,
}
