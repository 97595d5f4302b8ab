-- string.pack with 40 MB of padding.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    string.pack("s4", ("x"):rep(20 << 20))
    return { executed = true }
  end,
}
