-- A variable to be closed that never is.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local x <close> = setmetatable({}, { __close = function() while true do end end })
    return { executed = true }
  end,
}
