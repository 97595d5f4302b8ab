-- A file whose name has line end, and an error that repeats it.
-- expect: failed error
-- name: "NNN_one\n008_two  succeeded.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
