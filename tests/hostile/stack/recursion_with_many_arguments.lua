-- A function of very many arguments that calls itself.
-- expect: failed error|memory
-- error: stack overflow
-- time: 5250 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function f(...) return f(1, 2, 3, 4, 5, 6, 7, 8, ...) + 1 end
    f()
    return { executed = true }
  end,
}
