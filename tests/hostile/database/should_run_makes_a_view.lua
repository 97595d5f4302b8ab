-- shouldRun() only reads: create temp view v as select 1.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("create temp view v as select 1")
    return true
  end,
  execute = function() return { executed = true } end,
}
