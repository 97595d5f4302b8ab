-- Calls collectgarbage.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    collectgarbage("generational")
    return { executed = true }
  end,
}
