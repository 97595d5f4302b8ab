-- Recurses through execute() without end.
-- expect: failed error|memory
-- memory: 10 % over 32 MiB
local script = { shouldRun = function() return true end }
function script.execute() return { executed = script.execute().executed } end
return script
