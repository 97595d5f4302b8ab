-- Yields out of the main chunk.
-- expect: failed error
-- error: outside a coroutine
coroutine.yield(1)
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
