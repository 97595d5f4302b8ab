-- LIMIT and OFFSET at the edges.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    assert(#db.query("select * from item limit -1 offset 9223372036854775807") == 0)
    return { executed = true }
  end,
}
