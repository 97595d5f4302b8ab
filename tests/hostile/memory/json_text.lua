-- A JSON text that becomes far larger as a table.
-- expect: failed memory
-- error: ran out of memory: the limit is 32
-- time: 8000 ms
-- memory: 10 % over 32 MiB
return {
  timeout = 8,
  shouldRun = function() return true end,
  execute = function()
    json.decode("[" .. ("{},"):rep(1000000) .. "{}]")
    return { executed = true }
  end,
}
