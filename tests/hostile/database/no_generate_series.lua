-- generate_series is of the command-line shell, not of the library.
-- expect: failed error
-- error: no such
return {
  shouldRun = function() return true end,
  execute = function()
    db.query("select * from generate_series(1, 9)")
    return { executed = true }
  end,
}
