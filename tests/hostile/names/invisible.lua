-- A file whose name has invisible, and an error that repeats it.
-- expect: failed error
-- name: "NNN_\xe2\x80\x8b\xef\xbb\xbf.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
