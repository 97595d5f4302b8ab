-- shouldRun() only reads: analyze.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("analyze")
    return true
  end,
  execute = function() return { executed = true } end,
}
