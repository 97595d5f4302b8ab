-- Calls loadfile.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    loadfile("/etc/passwd")
    return { executed = true }
  end,
}
