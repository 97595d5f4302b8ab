-- Only one of both functions.
-- expect: failed contract
-- error: execute
return { shouldRun = function() return true end, execute = nil }
