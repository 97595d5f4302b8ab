return {
  shouldRun = function() return true end,
  execute = function() error("no") end,
}
