-- ATTACH of the ledger.
-- expect: failed error
-- error: ATTACH
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("attach '.fettle/ledger.db' as l")
    return { executed = true }
  end,
}
