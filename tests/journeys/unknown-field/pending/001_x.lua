return {
  desription = "typed in a hurry",
  shouldRun = function() return true end,
  execute = function() return { executed = true } end,
}
