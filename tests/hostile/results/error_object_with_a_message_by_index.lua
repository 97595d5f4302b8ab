-- A message that is there only through __index.
-- expect: failed error
-- error: table
return {
  shouldRun = function() return true end,
  execute = function()
    error(setmetatable({}, { __index = function() while true do end end }))
  end,
}
