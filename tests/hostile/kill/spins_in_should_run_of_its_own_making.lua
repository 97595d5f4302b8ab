-- Replaces both functions in the returned table while it is asked.
-- expect: failed timeout
-- error: while execute()
-- time: 250 ms over 200 ms
local script = { timeout = 0.2 }
function script.shouldRun()
  script.execute = function() return { executed = true } end
  return true
end
function script.execute() while true do end end
return script
