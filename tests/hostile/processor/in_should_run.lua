-- Spins where it is only asked.
-- expect: failed timeout
-- error: while shouldRun()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function()
    while true do end
  end,
  execute = function() return { executed = true } end,
}
