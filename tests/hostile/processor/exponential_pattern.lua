-- A pattern that tries every way to cut a text.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local text = ("a"):rep(200)
    text:find((".-"):rep(25) .. "b")
    return { executed = true }
  end,
}
