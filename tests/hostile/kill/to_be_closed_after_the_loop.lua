-- 150 variables to be closed, each spinning.
-- expect: failed timeout
-- error: time limit of 200 ms
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    local function f(n)
      local x <close> = setmetatable({}, { __close = function() while true do end end })
      if n > 0 then return f(n - 1) + 1 end
      error("go")
    end
    pcall(f, 150)
    return { executed = true }
  end,
}
