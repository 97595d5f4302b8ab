-- Calls itself through __tostring.
-- expect: failed error
-- error: stack overflow
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local m = {}
    local t = setmetatable({}, m)
    m.__tostring = function() return tostring(t) end
    tostring(t)
    return { executed = true }
  end,
}
