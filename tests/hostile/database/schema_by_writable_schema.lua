-- The schema written by hand.
-- expect: failed error
-- error: may not be modified
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("insert into sqlite_schema (type, name, tbl_name, rootpage, sql) values ('table', 'x', 'x', 2, 'create table x (y)')")
    return { executed = true }
  end,
}
