-- Keys that are booleans.
-- expect: failed contract
-- error: key that is a boolean
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, [true] = 1 }
  end,
}
