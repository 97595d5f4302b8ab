-- shouldRun() only reads: create table sneaky.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("create table sneaky (x)")
    return true
  end,
  execute = function() return { executed = true } end,
}
