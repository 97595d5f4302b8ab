-- Keeps coroutines.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    while true do t[#t + 1] = coroutine.create(function() end) end
    return { executed = true }
  end,
}
