-- Garbage behind the first statement.
-- expect: failed error
-- error: one statement
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("select 1; )(")
    return { executed = true }
  end,
}
