-- Level 2 errors and traces show no address.
-- expect: failed error
-- error: x
return {
  shouldRun = function() return true end,
  execute = function()
    local function f() error("x", 2) end
    f()
  end,
}
