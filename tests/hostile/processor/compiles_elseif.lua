-- The same with elseif.
-- expect: failed timeout
-- error: was being loaded
-- time: 250 ms over 1000 ms
-- lines: 60000 elseif a then
local a
if a then
--@ lines
end
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
