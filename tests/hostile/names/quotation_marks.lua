-- A file whose name has quotation marks, and an error that repeats it.
-- expect: failed error
-- name: "NNN_'\"`$(id)&;|.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
