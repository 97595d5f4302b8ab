-- 100,000 statements one by one.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    for i = 1, 1e9 do db.exec("update item set name = name") end
    return { executed = true }
  end,
}
