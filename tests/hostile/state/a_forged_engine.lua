-- Says that the database is another engine: names are quoted as before.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    db.engine = "mariadb"
    assert(db.quote("x") == "\"x\"")
    return { executed = true }
  end,
}
