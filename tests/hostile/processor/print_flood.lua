-- Prints without end: what is kept is capped, the rest is time.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
-- ledger: 2 MiB
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    while true do print("flood") end
    return { executed = true }
  end,
}
