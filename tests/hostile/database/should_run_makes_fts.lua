-- shouldRun() only reads: create virtual table f using fts5.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("create virtual table f using fts5(x)")
    return true
  end,
  execute = function() return { executed = true } end,
}
