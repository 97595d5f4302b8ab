-- Writes, then runs out of memory.
-- expect: failed memory
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
    local t = {}
    for i = 1, math.huge do t[i] = { i } end
  end,
}
