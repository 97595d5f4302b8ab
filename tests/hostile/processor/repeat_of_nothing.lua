-- string.rep runs 2^62 times over an empty string.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    string.rep("", 1 << 62)
    return { executed = true }
  end,
}
