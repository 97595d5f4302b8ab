-- Drops all tables, then spins.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.exec("drop table item")
    db.exec("drop table honest")
    while true do end
  end,
}
