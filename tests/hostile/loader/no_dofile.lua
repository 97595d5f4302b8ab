-- Calls dofile.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    dofile("/etc/passwd")
    return { executed = true }
  end,
}
