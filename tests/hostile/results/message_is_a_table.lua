-- A message that is no string.
-- expect: failed contract
-- error: message
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, message = {} }
  end,
}
