return {
  shouldRun = function() return false end,
  execute = function() error("must not be called") end,
}
