-- A value that is its own __call: Lua looks for the function for ever.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local t = setmetatable({}, {})
    getmetatable(t).__call = t
    t()
    return { executed = true }
  end,
}
