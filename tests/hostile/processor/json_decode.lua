-- Decodes a large text again and again.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local s = "[" .. ("1,"):rep(20000) .. "1]"
    while true do json.decode(s) end
    return { executed = true }
  end,
}
