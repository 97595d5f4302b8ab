-- Calls getfenv.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    getfenv(0)
    return { executed = true }
  end,
}
