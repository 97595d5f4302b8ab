-- 0/0 as a parameter.
-- expect: failed error
-- error: not a number
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("insert into item (name) values (?)", 0/0)
    return { executed = true }
  end,
}
