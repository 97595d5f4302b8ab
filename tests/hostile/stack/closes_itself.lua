-- A coroutine that closes itself.
-- expect: failed error
-- error: cannot close a running coroutine
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    coroutine.wrap(function() coroutine.close(coroutine.running()) end)()
    return { executed = true }
  end,
}
