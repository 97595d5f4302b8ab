-- A loop with a bound that is never reached.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    for _ = 1, math.huge do end
    return { executed = true }
  end,
}
