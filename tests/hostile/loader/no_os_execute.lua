-- Calls os.execute.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    os.execute("id")
    return { executed = true }
  end,
}
