-- Columns whose names are Lua methods.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    local row = db.first("select 1 as __index, 2 as __gc, 3 as executed, 4 as ''")
    assert(row.__index == 1 and row.__gc == 2)
    assert(getmetatable(row) == nil)
    return { executed = true }
  end,
}
