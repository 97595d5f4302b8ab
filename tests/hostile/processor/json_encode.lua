-- Encodes a large value again and again.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 10000 do t[i] = ("x"):rep(50) end
    while true do json.encode(t) end
    return { executed = true }
  end,
}
