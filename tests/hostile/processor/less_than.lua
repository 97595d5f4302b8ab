-- The same as __lt.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local m = { __lt = function() while true do end end }
    table.sort({ setmetatable({}, m), setmetatable({}, m) })
    return { executed = true }
  end,
}
