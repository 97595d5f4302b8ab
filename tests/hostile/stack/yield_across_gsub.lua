-- Yields out of gsub.
-- expect: failed error
-- error: attempt to yield across a C-call boundary
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    coroutine.wrap(function() return (("x"):gsub("x", coroutine.yield)) end)()
    return { executed = true }
  end,
}
