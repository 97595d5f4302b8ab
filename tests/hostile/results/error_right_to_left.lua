-- An error text that turns the line around.
-- expect: failed error
return {
  shouldRun = function() return true end,
  execute = function()
    error("\u{202E}dedeeccus\u{2066}", 0)
  end,
}
