-- shouldRun() only reads: pragma user_version = 5.
-- expect: failed error
-- error: PRAGMA user_version writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("pragma user_version = 5")
    return true
  end,
  execute = function() return { executed = true } end,
}
