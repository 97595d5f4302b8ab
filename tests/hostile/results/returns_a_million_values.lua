-- Returns 900,000 values.
-- expect: failed contract|error|memory
-- error: 900000 values|nil|memory
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    return table.unpack({}, 1, 900000)
  end,
}
