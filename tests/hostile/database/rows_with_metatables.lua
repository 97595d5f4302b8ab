-- executemany over a table with metamethods.
-- expect: failed error
-- error: placeholder
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    local m = { __index = function() while true do end end, __len = function() return 1 << 60 end }
    assert(db.executemany("insert into item (name) values (?)", setmetatable({}, m)) == 0)
    db.executemany("insert into item (name) values (?)", { setmetatable({}, m) })
    return { executed = true }
  end,
}
