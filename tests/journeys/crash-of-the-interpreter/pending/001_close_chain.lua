return { shouldRun = function() return true end, execute = function()
  db.exec("delete from item")
  local inner
  for _ = 1, 100000 do
    local previous = inner
    inner = coroutine.create(function()
      local guard <close> = setmetatable({}, { __close = function() if previous then coroutine.close(previous) end end })
      coroutine.yield()
    end)
    coroutine.resume(inner)
  end
  coroutine.close(inner)
  error("survived")
end }
