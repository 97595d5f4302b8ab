-- Calls os.rename.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    os.rename(".fettle/ledger.db", "x")
    return { executed = true }
  end,
}
