return {
  shouldRun = function() return false end,
  execute = function() return { executed = true } end,
}
