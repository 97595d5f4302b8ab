-- Long lines without end.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
-- ledger: 2 MiB
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local line = ("x"):rep(16000)
    while true do log.info(line) end
    return { executed = true }
  end,
}
