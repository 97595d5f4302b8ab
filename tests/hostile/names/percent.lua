-- A file whose name has percent, and an error that repeats it.
-- expect: failed error
-- name: "NNN_%s%n%p{}{0}.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
