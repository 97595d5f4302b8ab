-- Log lines with escape codes, line ends and forged prefixes.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    log.info("\27[2J\27]52;c;YQ==\7")
    log.warn("one\ntwo\r\n  [error] forged\u{2028}x\u{85}y")
    log.error("\u{202E}\xff\0")
    print("\8\8\8\127\u{9b}31m")
    return { executed = true }
  end,
}
