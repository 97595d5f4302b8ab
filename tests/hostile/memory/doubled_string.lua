-- Doubles a string.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    local s = "x"
    while true do s = s .. s end
    return { executed = true }
  end,
}
