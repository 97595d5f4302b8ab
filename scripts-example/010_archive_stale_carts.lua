local before = "2025-01-01"

return {
  description = "Move carts untouched since " .. before .. " to carts_archive",

  shouldRun = function()
    return db.value("select count(*) from carts where updated_at < ?", before) > 0
  end,

  execute = function()
    local copied = db.exec("insert into carts_archive select * from carts where updated_at < ?", before)
    local removed = db.exec("delete from carts where updated_at < ?", before)
    assert(copied == removed, "copied and removed differ")
    return { executed = true, message = ("archived %d carts"):format(removed), archived = removed }
  end,

  rollback = function()
    local copied = db.exec("insert into carts select * from carts_archive where updated_at < ?", before)
    local removed = db.exec("delete from carts_archive where updated_at < ?", before)
    assert(copied == removed, "copied and removed differ")
    return { executed = true, message = ("brought %d carts back"):format(removed), back = removed }
  end,
}
