-- shouldRun() only reads: drop table item.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("drop table item")
    return true
  end,
  execute = function() return { executed = true } end,
}
