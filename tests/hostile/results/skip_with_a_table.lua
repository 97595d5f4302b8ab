-- skip({}).
-- expect: failed error
-- error: skip needs a reason
return {
  shouldRun = function() return true end,
  execute = function()
    skip(setmetatable({}, { __tostring = function() return "x" end }))
  end,
}
