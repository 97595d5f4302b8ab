-- An interval of more numbers than there are.
-- expect: failed error
-- error: interval is empty
return {
  shouldRun = function() return true end,
  execute = function()
    math.random(1, 0)
    return { executed = true }
  end,
}
