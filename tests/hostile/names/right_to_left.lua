-- A file whose name has right to left, and an error that repeats it.
-- expect: failed error
-- name: "NNN_\xe2\x80\xaetxt.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
