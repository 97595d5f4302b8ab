-- Calls os.exit.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    os.exit(0, true)
    return { executed = true }
  end,
}
