-- Functions that are there only through __index.
-- expect: failed contract
-- error: shouldRun
return setmetatable({}, { __index = function() return function() return true end end })
