-- A temporary trigger that would fire in the next script.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp trigger t after insert on main.honest begin delete from item; end")
    return { executed = true }
  end,
}
