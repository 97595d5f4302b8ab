-- Yields out of a comparison.
-- expect: failed error
-- error: attempt to yield across a C-call boundary
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    coroutine.wrap(function() table.sort({ 2, 1 }, coroutine.yield) end)()
    return { executed = true }
  end,
}
