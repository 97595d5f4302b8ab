-- As large a result as is kept: 1,000 of them must not gather in the memory of the run.
-- expect: succeeded
-- ledger: 1000 KiB
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, text = ("r"):rep(900000) }
  end,
}
