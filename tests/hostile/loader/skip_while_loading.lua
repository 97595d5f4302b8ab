-- Calls skip() outside both functions.
-- expect: failed error
-- error: skip() works only inside
skip("now")
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
