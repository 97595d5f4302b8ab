-- A foreign key that is broken at the commit.
-- expect: failed error
-- error: FOREIGN KEY
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create table p (id integer primary key)")
    db.exec("create table c (p references p (id) deferrable initially deferred)")
    db.exec("insert into c values (7)")
    db.exec("delete from item")
    return { executed = true }
  end,
}
