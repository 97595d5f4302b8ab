return {
  shouldRun = function() return true end,
  execute = function()
    assert(db.exec("update item set price = ? where price is null", 30) == 1)
    assert(db.exec("update item set price = price + 1") == 3)
    assert(db.exec("delete from item where id = 99") == 0)
    assert(db.executemany("insert into item (id, name, price) values (?, ?, ?)", { { 10, "quince", 1 }, { 11, "medlar", db.null } }) == 2)
    assert(db.executemany("insert into item (id, name) values (?, ?)", {}) == 0)
    return { executed = true }
  end,
}
