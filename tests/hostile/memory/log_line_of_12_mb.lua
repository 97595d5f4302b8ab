-- One line of 12 MB.
-- expect: succeeded
-- ledger: 64 KiB
return {
  shouldRun = function() return true end,
  execute = function()
    log.info(("x"):rep(12 << 20))
    return { executed = true }
  end,
}
