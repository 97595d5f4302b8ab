-- A table with __call in the place of a function.
-- expect: failed contract
-- error: must be a function
return { shouldRun = setmetatable({}, { __call = function() return true end }), execute = function() end }
