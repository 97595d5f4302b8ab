-- A file whose name has dots, and an error that repeats it.
-- expect: failed error
-- name: "NNN_..error.txt.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
