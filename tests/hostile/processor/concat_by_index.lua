-- table.concat asks an __index without end.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    table.concat(setmetatable({}, { __index = function() return "" end }), "", 1, 1 << 60)
    return { executed = true }
  end,
}
