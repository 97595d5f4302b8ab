-- Only a comment.
-- expect: failed error
-- error: no statement
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("-- nothing")
    return { executed = true }
  end,
}
