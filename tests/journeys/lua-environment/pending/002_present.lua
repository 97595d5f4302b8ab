return {
  shouldRun = function() return true end,
  execute = function()
    assert(math.max(1, 2) == 2 and ("x"):rep(3) == "xxx" and table.concat({ 1, 2 }, ",") == "1,2")
    assert(utf8.len("é") == 1 and coroutine.wrap(function() return 7 end)() == 7)
    assert(type(os.time()) == "number" and type(os.clock()) == "number" and os.date("!%Y", 0) == "1970")
    assert(select("#", 1, 2, 3) == 3 and tonumber("0x10") == 16 and math.type(1) == "integer")
    return { executed = true }
  end,
}
