-- Calls io.popen.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    io.popen("id")
    return { executed = true }
  end,
}
