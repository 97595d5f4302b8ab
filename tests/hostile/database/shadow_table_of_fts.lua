-- Writes garbage into the shadow table of an fts table.
-- expect: failed error
-- error: may not be modified
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create virtual table f using fts5(x)")
    db.exec("insert into f values ('a b c')")
    db.exec("update f_data set block = randomblob(100)")
    return { executed = true }
  end,
}
