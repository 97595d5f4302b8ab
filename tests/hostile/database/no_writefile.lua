-- writefile is of the command-line shell, not of the library.
-- expect: failed error
-- error: no such
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select writefile('copy.db', 'x')")
    return { executed = true }
  end,
}
