-- A file whose name has c1 control, and an error that repeats it.
-- expect: failed error
-- name: "NNN_\xc2\x9b31m.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
