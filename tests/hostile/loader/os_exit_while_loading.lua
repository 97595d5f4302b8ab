-- Ends the process before there is a function to call.
-- expect: failed error
-- error: exit
os.exit(0)
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
