return {
  shouldRun = function() return true end,
  execute = function()
    log.info("adding")
    db.exec("insert into item (name) values ('medlar')")
    return { executed = true, message = "added medlar" }
  end,
}
