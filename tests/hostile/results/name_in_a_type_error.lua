-- __name inside an error text of Lua.
-- expect: failed error
-- error: string expected
return {
  shouldRun = function() return true end,
  execute = function()
    string.rep(setmetatable({}, { __name = "\27[2Jowned" }), 1)
  end,
}
