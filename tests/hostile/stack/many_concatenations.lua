-- 100,000 terms at run time.
-- expect: failed error
-- error: 100000 values
-- time: 5250 ms
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 100000 do t[i] = "x" end
    local function join(...) return select("#", ...) end
    error(join(table.unpack(t)) .. " values")
  end,
}
