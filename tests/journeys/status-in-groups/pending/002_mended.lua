return {
  shouldRun = function() return true end,
  execute = function() error("not yet") end,
}
