-- PRAGMA user_version lives in the transaction: it is rolled back.
-- expect: failed error
-- error: undone
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("pragma user_version = 7")
    assert(db.value("pragma user_version") == 7)
    error("undone")
  end,
}
