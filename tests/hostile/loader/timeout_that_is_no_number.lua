-- A time limit of 0/0.
-- expect: failed contract
-- error: timeout
return { timeout = 0/0, shouldRun = print, execute = print }
