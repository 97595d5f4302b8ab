-- table.insert moves 2^50 elements.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    table.insert(setmetatable({}, { __len = function() return 1 << 50 end }), 1, 0)
    return { executed = true }
  end,
}
