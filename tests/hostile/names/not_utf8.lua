-- A file whose name has not utf8, and an error that repeats it.
-- expect: failed error
-- name: "NNN_\xff\xfe\x80.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
