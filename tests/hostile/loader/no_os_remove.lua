-- Calls os.remove.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    os.remove(".fettle/ledger.db")
    return { executed = true }
  end,
}
