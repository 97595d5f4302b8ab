-- Debian's Lua 5.4.4 overflows the C stack here: its process dies, and nothing else.
-- expect: failed crash
-- error: the worker process died
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local chain = coroutine.wrap(function() end)
    local co = false
    for _ = 1, 20000 do
      local inner = co
      co = coroutine.create(function()
        local x <close> = setmetatable({}, { __close = function() if inner then coroutine.close(inner) end end })
        coroutine.yield()
      end)
      coroutine.resume(co)
    end
    coroutine.close(co)
    return { executed = true }
  end,
}
