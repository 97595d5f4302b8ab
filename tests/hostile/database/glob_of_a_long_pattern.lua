-- The same with GLOB.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local text = ("a"):rep(15000000)
    db.value("select ? glob ?", text, "*" .. ("a"):rep(40000) .. "b*")
    return { executed = true }
  end,
}
