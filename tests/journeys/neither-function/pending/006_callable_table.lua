return {
  shouldRun = setmetatable({}, { __call = function() return true end }),
  execute = function() return { executed = true } end,
}
