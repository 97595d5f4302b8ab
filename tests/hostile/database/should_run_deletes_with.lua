-- shouldRun() only reads: with x as.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("with x as (select 1) delete from item")
    return true
  end,
  execute = function() return { executed = true } end,
}
