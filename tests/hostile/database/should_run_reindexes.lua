-- shouldRun() only reads: reindex.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("reindex")
    return true
  end,
  execute = function() return { executed = true } end,
}
