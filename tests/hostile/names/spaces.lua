-- A file whose name has spaces, and an error that repeats it.
-- expect: failed error
-- name: "NNN_  two  .lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
