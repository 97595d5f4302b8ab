return {
  notBefore = "2999-01-01",
  shouldRun = function() return true end,
  execute = function() return { executed = true } end,
}
