-- __eq that never answers.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local m = { __eq = function() while true do end end }
    return setmetatable({}, m) == setmetatable({}, m)
  end,
}
