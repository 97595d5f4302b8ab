-- math.randomseed() would tell an address.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    assert(select("#", math.randomseed()) == 0)
    return { executed = true }
  end,
}
