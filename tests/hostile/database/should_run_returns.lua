-- shouldRun() only reads: insert into item.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.query("insert into item (name) values ('x') returning id")
    return true
  end,
  execute = function() return { executed = true } end,
}
