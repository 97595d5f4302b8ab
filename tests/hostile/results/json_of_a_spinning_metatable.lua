-- Encodes a table whose metamethods never answer.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    local m = { __index = function() while true do end end, __len = function() return 1 << 60 end, __pairs = function() while true do end end }
    assert(json.encode(setmetatable({ 1 }, m)) == "[1]")
    return { executed = true }
  end,
}
