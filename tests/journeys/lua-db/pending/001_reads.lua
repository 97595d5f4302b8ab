return {
  shouldRun = function() return true end,
  execute = function()
    local rows = db.query("select id, name, price from item order by id")
    assert(#rows == 3 and rows[1].name == "apple" and rows[2].price == 20 and rows[3].price == nil)
    local seen = {}
    for row in db.rows("select name from item where id > ? order by id", 1) do seen[#seen + 1] = row.name end
    assert(table.concat(seen, ",") == "pear,plum")
    assert(db.first("select name from item where id = ?", 2).name == "pear")
    assert(db.first("select name from item where id = ?", 99) == nil)
    assert(db.value("select count(*) from item") == 3)
    assert(db.value("select price from item where id = ?", 3) == nil)
    assert(db.value("select name from item where id = ?", 99) == nil)
    assert(db.value("select ? is null", db.null) == 1 and db.value("select ? is null", nil) == 1)
    assert(db.value("select ?", 1.5) == 1.5 and db.value("select ?", "é\0x") == "é\0x")
    assert(db.value("select ?", math.maxinteger) == math.maxinteger)
    assert(db.value("select typeof(?)", true) == "integer")
    return { executed = true }
  end,
}
