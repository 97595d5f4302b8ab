-- __index, __pairs and __len on what execute() returns: nobody calls them.
-- expect: succeeded
-- result: [1,2]
return {
  shouldRun = function() return true end,
  execute = function()
    local m = {}
    for _, name in ipairs({ "__index", "__pairs", "__len", "__tostring", "__eq", "__call", "__close" }) do m[name] = function() while true do end end end
    return setmetatable({ executed = true, inner = setmetatable({ 1, 2 }, m) }, m)
  end,
}
