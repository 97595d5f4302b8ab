-- A metatable on the globals that knows every name.
-- expect: failed contract
-- error: shouldRun
setmetatable(_G, { __index = function() return function() return true end end })
