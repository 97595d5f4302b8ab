-- Calls os.getenv.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    os.getenv("HOME")
    return { executed = true }
  end,
}
