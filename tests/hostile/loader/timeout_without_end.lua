-- A time limit of infinity.
-- expect: failed contract
-- error: timeout
return { timeout = math.huge, shouldRun = print, execute = print }
