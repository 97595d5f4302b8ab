-- gsub whose result is a thousand times as long.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    local s = ("x"):rep(100000)
    s:gsub("x", ("y"):rep(1000))
    return { executed = true }
  end,
}
