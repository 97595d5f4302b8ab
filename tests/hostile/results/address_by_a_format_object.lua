-- A format that is no string when it is checked.
-- expect: failed error
-- error: string expected
return {
  shouldRun = function() return true end,
  execute = function()
    string.format(setmetatable({}, { __tostring = function() return "%p" end }), print)
  end,
}
