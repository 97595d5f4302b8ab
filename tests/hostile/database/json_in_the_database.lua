-- json_each over a large text again and again.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    while true do db.value("select count(*) from json_each(?)", "[" .. ("1,"):rep(100000) .. "1]") end
    return { executed = true }
  end,
}
