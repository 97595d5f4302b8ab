return {
  shouldRun = function() return true end,
  execute = function()
    getmetatable("").__index = function() return "evil" end
    return { executed = true }
  end,
}
