-- More lines than are kept.
-- expect: succeeded
-- ledger: 2 MiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    for i = 1, 20000 do log.info("line %d", i) end
    return { executed = true }
  end,
}
