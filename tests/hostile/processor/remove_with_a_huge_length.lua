-- table.remove moves 2^50 elements.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    table.remove(setmetatable({}, { __len = function() return 1 << 50 end }), 1)
    return { executed = true }
  end,
}
