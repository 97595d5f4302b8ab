-- A variable to be closed raises another error while the chunk fails.
-- expect: failed error
-- error: second
local x <close> = setmetatable({}, { __close = function() error("second") end })
error("first")
