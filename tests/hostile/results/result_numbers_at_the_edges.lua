-- Numbers at the ends of their range are kept as they are.
-- expect: succeeded
-- result: 9007199254740993
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, list = { -0.0, 1 << 62, math.mininteger, (1 << 53) + 1, 2^63, 5e-324 } }
  end,
}
