-- A message of 12 MB.
-- expect: succeeded
-- ledger: 160 KiB
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, message = ("m"):rep(12 << 20) }
  end,
}
