-- Calls io.open.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    io.open("/etc/passwd")
    return { executed = true }
  end,
}
