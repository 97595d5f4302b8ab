-- A length that no array has.
-- expect: failed error
-- error: too big
return {
  shouldRun = function() return true end,
  execute = function()
    table.sort(setmetatable({}, { __len = function() return 1 << 40 end }))
    return { executed = true }
  end,
}
