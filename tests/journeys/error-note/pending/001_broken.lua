local function inner()
  error("the price of plum is unknown")
end
return {
  shouldRun = function() return true end,
  execute = function()
    inner()
    return { executed = true }
  end,
}
