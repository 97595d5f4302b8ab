-- Claims to be another script: the record does not believe it.
-- expect: failed error
-- error: 000_forged.lua
return {
  shouldRun = function() return true end,
  execute = function()
    ctx.script, ctx.run, ctx.attempt, ctx.triggeredBy = "000_forged.lua", -1, -1, "root"
    error(("%s %d"):format(ctx.script, ctx.attempt))
  end,
}
