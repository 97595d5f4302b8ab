-- Calls debug.sethook.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    debug.sethook()
    return { executed = true }
  end,
}
