-- A second statement behind a comment.
-- expect: failed error
-- error: one statement
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("select 1 /* ; */ ; -- x\n delete from item")
    return { executed = true }
  end,
}
