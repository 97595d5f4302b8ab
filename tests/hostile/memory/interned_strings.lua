-- Millions of short strings.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, math.huge do t[i] = "k" .. i end
    return { executed = true }
  end,
}
