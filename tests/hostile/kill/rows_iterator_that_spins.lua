-- Spins in a loop over rows that is never left.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    for row in db.rows("select 1 as x union all select 2") do while true do end end
    return { executed = true }
  end,
}
