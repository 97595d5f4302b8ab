-- load_extension().
-- expect: failed error
-- error: not
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    db.exec("select load_extension('/lib/x86_64-linux-gnu/libc.so.6')")
    return { executed = true }
  end,
}
