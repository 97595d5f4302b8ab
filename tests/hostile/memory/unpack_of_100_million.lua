-- More results than a stack can hold.
-- expect: failed error
-- error: too many results
return {
  shouldRun = function() return true end,
  execute = function()
    table.unpack({}, 1, 1e8)
    return { executed = true }
  end,
}
