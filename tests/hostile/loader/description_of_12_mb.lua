-- A description that would fill the ledger.
-- expect: succeeded
-- ledger: 8 KiB
return { description = ("x"):rep(12 << 20), shouldRun = function() return true end,
  execute = function() return { executed = true } end }
