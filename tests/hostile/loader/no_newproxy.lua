-- Calls newproxy.
-- expect: failed error
-- error: attempt to
return {
  shouldRun = function() return true end,
  execute = function()
    newproxy(true)
    return { executed = true }
  end,
}
