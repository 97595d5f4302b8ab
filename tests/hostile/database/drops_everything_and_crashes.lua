-- Drops all tables, then crashes the interpreter.
-- expect: failed crash
-- error: the worker process died
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    db.exec("drop table item")
    local chain = false
    for _ = 1, 20000 do
      local inner = chain
      chain = coroutine.create(function()
        local x <close> = setmetatable({}, { __close = function() if inner then coroutine.close(inner) end end })
        coroutine.yield()
      end)
      coroutine.resume(chain)
    end
    coroutine.close(chain)
    return { executed = true }
  end,
}
