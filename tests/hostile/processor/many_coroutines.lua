-- Makes coroutines and forgets them.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    while true do coroutine.wrap(function() coroutine.yield() end)() end
    return { executed = true }
  end,
}
