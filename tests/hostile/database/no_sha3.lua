-- sha3 is of the command-line shell, not of the library.
-- expect: failed error
-- error: no such
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select sha3('x')")
    return { executed = true }
  end,
}
