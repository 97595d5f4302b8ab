-- Triggers that call each other.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.exec("create table a (x)")
    db.exec("create table b (x)")
    db.exec("create trigger ta after insert on a begin insert into b values (new.x); insert into b values (new.x); end")
    db.exec("create trigger tb after insert on b begin insert into a select x from b; end")
    for _ = 1, 100000 do db.exec("insert into a values (1)") end
    return { executed = true }
  end,
}
