-- Every function of db, the same everywhere.
local function same(got, expected, what)
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

return {
  shouldRun = function()
    return db.hasTable("things") and not db.hasTable("nothing") and db.value("select count(*) from things") == 0
  end,
  execute = function()
    same(db.exec("insert into things (id, name, amount) values (1, 'one', 10)"), 1, "exec")
    local rows = {}
    for number = 2, 2500 do rows[#rows + 1] = { number, "thing " .. number, number % 7 } end
    same(db.executemany("insert into things (id, name, amount) values (?, ?, ?)", rows), 2499, "executemany")
    same(db.value("select count(*) from things"), 2500, "value")
    same(db.value("select name from things where id = ?", 0), nil, "value without a row")
    same(db.first("select * from things where id = 2").name, "thing 2", "first")
    same(db.first("select * from things where id = 0"), nil, "first without a row")
    same(#db.query("select id from things where id <= ? order by id", 300), 300, "query")

    -- A query is read on while others write, and sees the rows as they were when it began.
    local read, written = 0, 0
    for row in db.rows("select id, amount from things order by id") do
      read = read + 1
      same(row.id, read, "order")
      if read % 10 == 0 then
        written = written + db.exec("update things set amount = amount + 1000 where id = ?", row.id)
        same(db.value("select amount >= 1000 from things where id = ?", row.id) ~= nil, true, "a query inside")
      end
    end
    same(read, 2500, "rows")
    same(written, 250, "written while reading")
    for row in db.rows("select id from things order by id") do if row.id == 3 then break end end

    same(db.exec("update things set amount = 0 where id > 2490"), 10, "affected")
    same(db.exec("delete from things where id = 0"), 0, "nothing affected")
    same(db.hasTable("things"), true, "hasTable")
    same(db.hasColumn("things", "amount"), true, "hasColumn")
    same(db.hasColumn("things", "weight"), false, "hasColumn of none")
    same(db.hasIndex("things", "things_by_name"), true, "hasIndex")
    same(db.hasIndex("things", "things_by_amount"), false, "hasIndex of none")
    local found = {}
    for _, name in ipairs(db.tables()) do found[name] = true end
    same(found.things and found.everything and not found.fettle_receipts, true, "tables")
    same(db.value("select count(*) from things where " .. db.quote("name") .. " = ?", "one"), 1, "quote")
    local ok, fault = pcall(db.exec, "insert into things (id, name) values (?)", 1, 2)
    same(ok, false, "one parameter too many")
    return { executed = true, rows = read }
  end,
}
