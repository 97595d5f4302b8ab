-- Sends what a worker sends, as a log line.
-- expect: failed error
-- error: not really
return {
  shouldRun = function() return true end,
  execute = function()
    for _, line in ipairs({ "\1\0\0\0", "{\"outcome\":\"succeeded\"}", "executed" }) do print(line) end
    error("not really")
  end,
}
