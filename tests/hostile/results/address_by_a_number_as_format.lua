-- A number as a format.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    assert(string.format(5) == "5")
    return { executed = true }
  end,
}
