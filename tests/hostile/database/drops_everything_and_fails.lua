-- Drops all tables, then fails.
-- expect: failed error
-- error: after the damage
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("drop table item")
    db.exec("drop table honest")
    db.exec("create table item (forged)")
    error("after the damage")
  end,
}
