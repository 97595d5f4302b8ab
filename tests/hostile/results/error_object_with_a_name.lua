-- __name is what Lua itself shows for a type.
-- expect: failed error
-- error: table
return {
  shouldRun = function() return true end,
  execute = function()
    error(setmetatable({}, { __name = "\27[2Jowned" }))
  end,
}
