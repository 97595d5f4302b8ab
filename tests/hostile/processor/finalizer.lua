-- A finalizer would run outside of every hook and limit.
-- expect: failed error
-- error: __gc
return {
  shouldRun = function() return true end,
  execute = function()
    setmetatable({}, { __gc = function() while true do end end })
    return { executed = true }
  end,
}
