-- Fills an rtree without end.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    db.exec("create virtual table r using rtree(id, a, b)")
    for i = 1, math.huge do db.exec("insert into r values (?, ?, ?)", i, i, i + 1) end
    return { executed = true }
  end,
}
