-- Spins in the message handler, where a hook is off.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    xpcall(error, function() while true do end end)
    return { executed = true }
  end,
}
