return {
  description = "Remove menu entries whose page is gone",

  shouldRun = function()
    return db.value("select count(*) from menu where page_id not in (select id from pages)") > 0
  end,

  execute = function()
    for entry in db.rows("select id, label from menu where page_id not in (select id from pages) order by id") do
      log.info("entry %d, %s, points to no page", entry.id, entry.label)
    end
    local removed = db.exec("delete from menu where page_id not in (select id from pages)")
    return { executed = true, message = ("removed %d menu entries"):format(removed), removed = removed }
  end,
}
