-- Raises a function.
-- expect: failed error
-- error: function
return {
  shouldRun = function() return true end,
  execute = function()
    error(print)
  end,
}
