-- A file whose name has markup, and an error that repeats it.
-- expect: failed error
-- name: "NNN_<script>alert(1)<\\script>.lua"
return {
  shouldRun = function() return true end,
  execute = function()
    log.warn(ctx.script)
    db.exec("delete from item")
    error(ctx.script)
  end,
}
