-- An error text by a trigger, with escape codes.
-- expect: failed error
-- error: forged
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create trigger t before delete on item begin select raise(abort, '\27[2Jforged\nline'); end")
    db.exec("delete from item")
    return { executed = true }
  end,
}
