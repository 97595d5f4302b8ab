return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create index by_price on item (price)")
    assert(db.hasTable("item") and not db.hasTable("nothing"))
    assert(db.hasColumn("item", "price") and not db.hasColumn("item", "colour") and not db.hasColumn("nothing", "price"))
    assert(db.hasIndex("item", "by_price") and not db.hasIndex("item", "by_name"))
    local tables = db.tables()
    assert(#tables == 1 and tables[1] == "item")
    assert(db.engine == "sqlite")
    assert(db.quote('od"d') == '"od""d"')
    assert(databases.main ~= nil and databases.main.value("select 1") == 1)
    return { executed = true }
  end,
}
