-- Calls package.loadlib.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    package.loadlib("libc.so.6", "system")
    return { executed = true }
  end,
}
