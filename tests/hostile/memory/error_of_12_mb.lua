-- An error text that would fill ledger and report.
-- expect: failed error
-- error: xxx
-- ledger: 64 KiB
return {
  shouldRun = function() return true end,
  execute = function()
    error(("x"):rep(12 << 20), 0)
  end,
}
