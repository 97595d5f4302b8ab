-- The same in a temporary trigger, hoping that it lives on.
-- expect: failed error
-- error: left behind
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create temp trigger t before insert on main.honest begin select raise(rollback, 'gone'); end")
    error("left behind")
  end,
}
