return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = leaked == nil, error = leaked }
  end,
}
