-- Joins more than it may hold.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 100 do t[i] = ("x"):rep(200000) end
    table.concat(t, ("y"):rep(100000))
    return { executed = true }
  end,
}
