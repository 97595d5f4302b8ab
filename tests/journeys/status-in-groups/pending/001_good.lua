return {
  shouldRun = function() return true end,
  execute = function() return { executed = true } end,
}
