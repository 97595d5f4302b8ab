-- Keys that are tables.
-- expect: failed contract
-- error: key that is a table
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, t = { [{}] = 1 } }
  end,
}
