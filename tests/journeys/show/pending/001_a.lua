-- a comment that only the text has
return {
  description = "Breaks on purpose",
  shouldRun = function() return true end,
  execute = function()
    log.info("about to break")
    db.exec("update item set colour = 1")
  end,
}
