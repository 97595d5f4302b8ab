-- An error text with zero bytes and escape codes.
-- expect: failed error
return {
  shouldRun = function() return true end,
  execute = function()
    error("a\0b\27[2J\27]0;t\7c", 0)
  end,
}
