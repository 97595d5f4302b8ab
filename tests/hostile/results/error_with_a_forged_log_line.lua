-- An error text that looks like lines of fettle.
-- expect: failed error
-- error: x
return {
  shouldRun = function() return true end,
  execute = function()
    error("x\n007_x.lua  succeeded\r\n2 succeeded, 0 failed", 0)
  end,
}
