-- Some 100,000 labels.
-- expect: failed syntax|timeout
-- time: 250 ms over 1000 ms
-- lines: 100000 ::l%d::
--@ lines
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
