-- Closes and reads a query that is over.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    local next_row, _, _, closer = db.rows("select 1")
    next_row()
    next_row()
    assert(next_row() == nil and next_row() == nil)
    for _ in db.rows("select 1") do break end
    return { executed = true }
  end,
}
