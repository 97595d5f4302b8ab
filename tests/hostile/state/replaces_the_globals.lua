-- Replaces db, ctx, log, json, string.rep and print for whoever comes next.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    for _, name in ipairs({ "db", "databases", "ctx", "log", "json", "print", "progress", "skip", "assert", "pcall", "tostring" }) do _G[name] = nil end
    string.rep = nil
    table.concat = nil
    math.floor = nil
    leaked = true
    return { executed = true }
  end,
}
