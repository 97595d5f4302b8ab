-- Two coroutines that resume each other for ever.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local c = coroutine.wrap(function() while true do coroutine.yield() end end)
    while true do c() end
    return { executed = true }
  end,
}
