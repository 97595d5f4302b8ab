-- Metatables on db, log, ctx and _G.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    for _, t in ipairs({ db, databases, log, ctx, json, string, table, math, _G }) do setmetatable(t, { __index = function() return "leaked" end, __newindex = function() end, __metatable = "locked" }) end
    return { executed = true }
  end,
}
