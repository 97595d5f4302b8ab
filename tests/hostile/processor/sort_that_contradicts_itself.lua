-- A comparison that always says yes.
-- expect: failed error
-- error: invalid order function
return {
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 1000 do t[i] = i end
    table.sort(t, function() return true end)
    return { executed = true }
  end,
}
