-- Raises a number.
-- expect: failed error
-- error: 42
return {
  shouldRun = function() return true end,
  execute = function()
    error(42)
  end,
}
