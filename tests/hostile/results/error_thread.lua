-- Raises a coroutine.
-- expect: failed error
-- error: thread
return {
  shouldRun = function() return true end,
  execute = function()
    error(coroutine.create(print))
  end,
}
