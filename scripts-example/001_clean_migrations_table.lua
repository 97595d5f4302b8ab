-- A deployment that was repeated recorded its migrations twice; the old tool refuses to start until they are unique.
local duplicates = "from migrations where id not in (select min(id) from migrations group by migration)"

return {
  description = "Remove duplicate rows from the migrations table",

  shouldRun = function()
    return db.hasTable("migrations") and db.value("select count(*) " .. duplicates) > 0
  end,

  execute = function()
    local removed = db.exec("delete " .. duplicates)
    return { executed = true, message = ("removed %d duplicate rows"):format(removed), removed = removed }
  end,
}
