-- JSON of 100,000 brackets in the database.
-- expect: failed error
-- error: malformed JSON
return {
  shouldRun = function() return true end,
  execute = function()
    db.value("select json(?)", ("["):rep(100000))
    return { executed = true }
  end,
}
