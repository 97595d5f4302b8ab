-- executemany over a list that claims to be endless.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    local m = { __len = function() return 1 << 60 end, __index = function() return { 1 } end }
    assert(db.executemany("select ?", setmetatable({}, m)) == 0)
    return { executed = true }
  end,
}
