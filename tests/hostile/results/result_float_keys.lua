-- Keys that are no whole numbers.
-- expect: failed contract
-- error: key that is a number
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, t = { [1.5] = 1 } }
  end,
}
