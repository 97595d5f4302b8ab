-- shouldRun() only reads: create temp trigger t after insert on main.item begin select 1; end.
-- expect: failed error
-- error: this statement writes, but only reading is allowed here
return {
  shouldRun = function()
    db.exec("create temp trigger t after insert on main.item begin select 1; end")
    return true
  end,
  execute = function() return { executed = true } end,
}
