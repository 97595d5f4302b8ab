-- The returned table is its own metatable and its own index.
-- expect: failed contract
-- error: shouldRun
local t = {}
t.__index = t
return setmetatable(t, t)
