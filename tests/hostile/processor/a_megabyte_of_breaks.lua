-- Leaves a loop 100,000 times.
-- expect: failed syntax
-- time: 250 ms over 1000 ms
-- lines: 100000 if x then break end
while true do
local x = 1
--@ lines
end
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
