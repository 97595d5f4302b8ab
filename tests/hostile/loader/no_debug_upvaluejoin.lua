-- Calls debug.upvaluejoin.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    debug.upvaluejoin(print, 1, print, 1)
    return { executed = true }
  end,
}
