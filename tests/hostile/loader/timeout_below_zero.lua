-- A negative time limit.
-- expect: failed contract
-- error: timeout
return { timeout = -1, shouldRun = print, execute = print }
