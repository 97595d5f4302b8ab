return {
  shouldRun = function() return true end,
  execute = function()
    setmetatable({}, { __gc = function() while true do end end })
    return { executed = true }
  end,
}
