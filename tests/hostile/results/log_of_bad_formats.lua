-- Formats that ask for what is not there.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    assert(not pcall(log.info, "%d", "x"))
    assert(not pcall(log.info, "%s %s", 1))
    assert(not pcall(log.info, "%", 1))
    assert(not pcall(log.info, "%1000d", 1))
    assert(not pcall(log.info, "%p", {}))
    assert(not pcall(log.info))
    log.info("%%p %s", "%n")
    return { executed = true }
  end,
}
