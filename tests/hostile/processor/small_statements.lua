-- Asks the database for next to nothing without end.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    while true do db.value("select 1") end
    return { executed = true }
  end,
}
