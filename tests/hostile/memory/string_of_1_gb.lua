-- Asks for 1 GB at once.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    string.rep("x", 1 << 30)
    return { executed = true }
  end,
}
