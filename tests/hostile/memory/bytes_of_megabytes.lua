-- Millions of results at once.
-- expect: failed error|memory
-- error: string slice too long
return {
  shouldRun = function() return true end,
  execute = function()
    local s = ("x"):rep(8 << 20)
    return select("#", s:byte(1, -1))
  end,
}
