-- Calls execute() while it is only asked: what it writes is refused.
-- expect: failed error
-- error: shouldRun
local script = {}
function script.shouldRun() return script.execute().executed end
function script.execute()
  db.exec("delete from item")
  return { executed = true }
end
return script
