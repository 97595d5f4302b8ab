-- By executemany.
-- expect: failed error
-- error: fettle_receipts
return {
  shouldRun = function() return true end,
  execute = function()
    db.executemany("delete from fettle_receipts where script = ?", { { "x" } })
    return { executed = true }
  end,
}
