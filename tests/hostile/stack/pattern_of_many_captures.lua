-- More captures than there may be.
-- expect: failed error
-- error: too many captures
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    ("x"):find(("()"):rep(100))
    return { executed = true }
  end,
}
