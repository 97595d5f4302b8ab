-- A list with a gap of 2^40.
-- expect: failed contract
-- error: key that is a number
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, t = { 1, [1 << 40] = 2 } }
  end,
}
