-- executed = "true".
-- expect: failed contract
-- error: must be true or false
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = "true" }
  end,
}
