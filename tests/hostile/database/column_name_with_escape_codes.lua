-- A column whose name is an escape code, into the result.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    local row = db.first("select 1 as '\27[2J'")
    row.executed = true
    return row
  end,
}
