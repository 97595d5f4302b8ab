-- The same in coroutines.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    while true do coroutine.resume(coroutine.create(function() return ("x"):rep(1 << 30) end)) end
    return { executed = true }
  end,
}
