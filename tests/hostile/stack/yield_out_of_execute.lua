-- Yields where nobody resumes.
-- expect: failed error
-- error: attempt to yield from outside a coroutine
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    coroutine.yield({ executed = true })
    return { executed = true }
  end,
}
