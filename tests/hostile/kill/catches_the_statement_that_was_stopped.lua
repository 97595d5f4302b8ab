-- Catches the error of a statement that ran into the limit, and sends the next.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    while true do pcall(db.value, "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n") end
    return { executed = true }
  end,
}
