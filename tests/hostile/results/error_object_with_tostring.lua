-- __tostring of an error object is script code: nobody calls it.
-- expect: failed error
-- error: table
return {
  shouldRun = function() return true end,
  execute = function()
    error(setmetatable({}, { __tostring = function() return "forged" end }))
  end,
}
