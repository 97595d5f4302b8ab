-- Errors in 150 variables to be closed, one in the other.
-- expect: failed error
-- error: closing 150
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local function f(n)
      local x <close> = setmetatable({}, { __close = function() error("closing " .. n) end })
      if n > 0 then f(n - 1) end
    end
    f(150)
    return { executed = true }
  end,
}
