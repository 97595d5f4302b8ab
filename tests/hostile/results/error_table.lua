-- Raises a table; no address may be told.
-- expect: failed error
-- error: table
return {
  shouldRun = function() return true end,
  execute = function()
    error({})
  end,
}
