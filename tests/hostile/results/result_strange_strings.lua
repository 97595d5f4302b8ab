-- Bytes that are no text: kept as text that JSON can hold.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, a = "\0\27[2J", b = "\xff", c = "</script>\u{2028}" }
  end,
}
