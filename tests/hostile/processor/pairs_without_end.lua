-- __pairs gives an iterator without end.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    for _ in pairs(setmetatable({}, { __pairs = function() return function() return 1 end end })) do end
    return { executed = true }
  end,
}
