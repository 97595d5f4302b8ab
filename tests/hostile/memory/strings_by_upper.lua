-- Copies by string functions.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    local t, s = {}, ("x"):rep(1 << 20)
    while true do t[#t + 1] = (s .. #t):upper() end
    return { executed = true }
  end,
}
