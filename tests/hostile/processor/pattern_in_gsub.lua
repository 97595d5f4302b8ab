-- The same in gsub.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    (("a"):rep(60)):gsub(("a*"):rep(30) .. "b", "")
    return { executed = true }
  end,
}
