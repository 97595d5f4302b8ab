-- shouldRun() only reads: create temp table t.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("create temp table t (x)")
    return true
  end,
  execute = function() return { executed = true } end,
}
