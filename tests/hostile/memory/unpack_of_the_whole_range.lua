-- A size that overflows.
-- expect: failed error
-- error: too many results
return {
  shouldRun = function() return true end,
  execute = function()
    table.unpack({}, math.mininteger, math.maxinteger)
    return { executed = true }
  end,
}
