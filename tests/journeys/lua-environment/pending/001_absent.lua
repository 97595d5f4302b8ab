return {
  shouldRun = function() return true end,
  execute = function()
    local absent = { "io", "require", "package", "debug", "dofile", "loadfile", "collectgarbage", "module", "setfenv", "warn" }
    for _, name in ipairs(absent) do
      if _G[name] ~= nil then error(name .. " is reachable") end
    end
    for _, name in ipairs({ "execute", "exit", "getenv", "remove", "rename", "setlocale", "tmpname" }) do
      if os[name] ~= nil then error("os." .. name .. " is reachable") end
    end
    if string.dump or ("").dump then error("string.dump is reachable") end
    return { executed = true }
  end,
}
