-- Fills the memory where it is only asked.
-- expect: failed memory
-- error: out of memory
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function()
    local t = {}
    for i = 1, math.huge do t[i] = { i } end
  end,
  execute = function() return { executed = true } end,
}
