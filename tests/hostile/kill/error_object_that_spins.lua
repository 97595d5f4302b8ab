-- An error object whose __tostring never answers, raised again and again.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local e = setmetatable({}, { __tostring = function() while true do end end })
    while true do pcall(error, e) end
    return { executed = true }
  end,
}
