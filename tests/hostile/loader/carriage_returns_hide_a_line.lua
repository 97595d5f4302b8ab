-- A terminal would show only what stands behind the carriage return.
-- expect: failed error
-- error: one
error("one\rTWO")
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
