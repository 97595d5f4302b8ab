-- table.move over 2^62 elements.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    table.move({}, 1, 1 << 62, 2)
    return { executed = true }
  end,
}
