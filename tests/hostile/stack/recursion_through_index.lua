-- __index that indexes itself.
-- expect: failed error
-- error: stack overflow
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local t
    t = setmetatable({}, { __index = function(_, k) return t[k] end })
    return t.x
  end,
}
