-- Fills an fts table without end.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.exec("create virtual table f using fts5(x)")
    while true do db.exec("insert into f values (hex(randomblob(20000)))") end
    return { executed = true }
  end,
}
