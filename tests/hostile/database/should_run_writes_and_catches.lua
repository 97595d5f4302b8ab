-- Writes, catches the refusal and answers yes: nothing was written, and execute() may.
-- expect: succeeded
return {
  shouldRun = function()
    assert(not pcall(db.exec, "delete from item"))
    return true
  end,
  execute = function() return { executed = true } end,
}
