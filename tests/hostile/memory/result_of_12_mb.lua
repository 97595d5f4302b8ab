-- A result of 12 MB.
-- expect: failed contract
-- error: larger than
-- ledger: 64 KiB
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, rows = ("r"):rep(12 << 20) }
  end,
}
