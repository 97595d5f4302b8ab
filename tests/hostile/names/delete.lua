-- A file whose name has delete, and an error that repeats it.
-- expect: failed error
-- name: "NNN_\x7f\x08\x08.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
