-- Fills the memory to the brim and raises an error whose object does not fit.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    pcall(function() while true do t[#t + 1] = ("x"):rep(1000) .. #t end end)
    local s = t[1]
    error(s:rep(20000))
    return { executed = true }
  end,
}
