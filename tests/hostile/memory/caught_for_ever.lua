-- Catches "not enough memory" in an endless loop.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    while true do pcall(string.rep, "x", 1 << 30) end
    return { executed = true }
  end,
}
