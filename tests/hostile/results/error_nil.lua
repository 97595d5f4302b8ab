-- Raises nil.
-- expect: failed error
-- error: nil
return {
  shouldRun = function() return true end,
  execute = function()
    error(nil)
  end,
}
