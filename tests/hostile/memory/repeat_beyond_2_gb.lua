-- More than a string can be: told as that, not tried.
-- expect: failed error|memory
-- error: resulting string too large
return {
  shouldRun = function() return true end,
  execute = function()
    string.rep("x", 1 << 62, "y")
    return { executed = true }
  end,
}
