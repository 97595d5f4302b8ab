-- Changes the declared limit after it was read.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
local script = { timeout = 0.2, shouldRun = function() return true end }
function script.execute()
  script.timeout = 3600
  while true do end
end
return script
