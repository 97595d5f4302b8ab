-- __concat that concatenates.
-- expect: failed error
-- error: stack overflow
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local t
    t = setmetatable({}, { __concat = function() return t .. "x" end })
    return t .. "x"
  end,
}
