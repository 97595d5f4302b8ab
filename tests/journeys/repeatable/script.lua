return {
  repeatable = true,
  shouldRun = function() return db.value("select count(*) from ran") < 2 end,
  execute = function()
    db.exec("insert into ran (script) values (?)", ctx.script)
    return { executed = true }
  end,
}
