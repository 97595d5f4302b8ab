-- The same with __newindex.
-- expect: failed error
-- error: chain too long
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local a, b = {}, {}
    setmetatable(a, { __newindex = b })
    setmetatable(b, { __newindex = a })
    a.x = 1
    return { executed = true }
  end,
}
