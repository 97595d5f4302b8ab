-- Progress that is never done.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local p = progress(1 << 60)
    while true do p.step(1) end
    return { executed = true }
  end,
}
