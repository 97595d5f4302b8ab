-- The same by utf8.
-- expect: failed error|memory
-- error: string slice too long
return {
  shouldRun = function() return true end,
  execute = function()
    local s = ("x"):rep(8 << 20)
    return select("#", utf8.codepoint(s, 1, -1))
  end,
}
