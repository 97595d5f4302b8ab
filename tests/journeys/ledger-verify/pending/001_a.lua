return {
  shouldRun = function() return true end,
  execute = function()
    log.info("adding")
    db.exec("insert into item (name) values ('quince')")
    return { executed = true, message = "added quince" }
  end,
}
