return {
  shouldRun = function() return true end,
  exectue = function() return { executed = true } end,
}
