return { shouldRun = function() return true end, execute = function()
  return setmetatable({}, { __index = function(_, key) return key == "executed" end, __pairs = function() while true do end end })
end }
