return { shouldRun = function() return ctx.script == "003_ctx.lua" end, execute = function()
  assert(ctx.preview == false)
  assert(math.type(ctx.attempt) == "integer" and math.type(ctx.run) == "integer")
  return { executed = true, by = ctx.triggeredBy, environment = ctx.environment, attempt = ctx.attempt }
end }
