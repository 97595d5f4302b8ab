-- An fts table over the receipts: deleting everything in it leaves them.
-- expect: failed error
-- error: still there|no such|rowid|fettle_receipts|malformed|SQL logic
return {
  shouldRun = function() return true end,
  execute = function()
    local n = db.value("select count(*) from fettle_receipts")
    db.exec("create virtual table f using fts5(script, content='fettle_receipts')")
    db.exec("insert into f (f) values ('delete-all')")
    assert(db.value("select count(*) from fettle_receipts") == n)
    error("still there")
  end,
}
