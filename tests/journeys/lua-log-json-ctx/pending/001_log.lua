return { shouldRun = function() return true end, execute = function()
  log.debug("at %d", 1)
  log.info("%s has %d rows", "item", 3)
  log.warn("careful")
  log.error("badly")
  print("printed", 7, true, nil)
  local bar = progress(2)
  bar:step(1)
  bar:step(1)
  bar:finish()
  return { executed = true }
end }
