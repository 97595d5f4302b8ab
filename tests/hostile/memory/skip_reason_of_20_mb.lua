-- A reason of 20 MB.
-- expect: skipped
-- ledger: 160 KiB
return {
  shouldRun = function() return true end,
  execute = function()
    skip(("s"):rep(10 << 20))
  end,
}
