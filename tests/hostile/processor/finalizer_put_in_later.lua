-- __gc that joins a metatable in use: Lua never asks for it.
-- expect: succeeded
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local m = {}
    local t = setmetatable({}, m)
    m.__gc = function() while true do end end
    t = nil
    for i = 1, 100000 do local _ = { i } end
    return { executed = true }
  end,
}
