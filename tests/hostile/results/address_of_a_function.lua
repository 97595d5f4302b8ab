-- tostring of a function tells no address.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    local text = tostring(print) .. tostring({}) .. tostring(coroutine.running()) .. string.format("%s", print)
    assert(not text:find("0x") and not text:find("%d"))
    return { executed = true }
  end,
}
