-- A message that would clear the terminal and set its title.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, message = "\27[2J\27]0;owned\7\r\nok\u{202E}\xff\0" }
  end,
}
