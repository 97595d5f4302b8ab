-- Catches the refusal and ends as if nothing had been: the deletion is kept only if it succeeded, and it did not.
-- expect: failed error
-- error: after commit
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    assert(not pcall(db.exec, "commit"))
    error("after commit")
  end,
}
