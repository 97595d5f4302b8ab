-- Raises true.
-- expect: failed error
-- error: boolean
return {
  shouldRun = function() return true end,
  execute = function()
    error(true)
  end,
}
