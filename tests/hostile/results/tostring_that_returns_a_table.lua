-- __tostring must return a string.
-- expect: failed error
-- error: '__tostring' must return a string
return {
  shouldRun = function() return true end,
  execute = function()
    print(setmetatable({}, { __tostring = function() return {} end }))
    return { executed = true }
  end,
}
