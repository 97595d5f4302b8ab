-- A file whose name has escape codes, and an error that repeats it.
-- expect: failed error
-- name: "NNN_\x1b[2J\x1b]0;t\x07.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
