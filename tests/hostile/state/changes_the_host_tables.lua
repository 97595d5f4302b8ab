-- Changes fields of db, log and ctx.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec = function() return 99 end
    databases.main = nil
    log.info = nil
    ctx.script = "001_forged.lua"
    ctx.attempt = 0
    json.null = 1
    return { executed = true }
  end,
}
