-- Calls io.lines.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    io.lines("/etc/passwd")
    return { executed = true }
  end,
}
