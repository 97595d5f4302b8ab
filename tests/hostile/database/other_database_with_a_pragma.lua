-- A pragma in the other database.
-- expect: failed error
-- error: PRAGMA
return {
  shouldRun = function() return true end,
  execute = function()
    databases.other.exec("pragma query_only = off")
    return { executed = true }
  end,
}
