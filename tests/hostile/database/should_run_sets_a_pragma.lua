-- shouldRun() only reads: pragma user_version = 5.
-- expect: failed error
-- error: PRAGMA user_version is not for scripts
return {
  shouldRun = function()
    db.exec("pragma user_version = 5")
    return true
  end,
  execute = function() return { executed = true } end,
}
