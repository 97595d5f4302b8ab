-- shouldRun() only reads: attach 'copy.db' as c.
-- expect: failed error
-- error: ATTACH is not for scripts
return {
  shouldRun = function()
    db.exec("attach 'copy.db' as c")
    return true
  end,
  execute = function() return { executed = true } end,
}
