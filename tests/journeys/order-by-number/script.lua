function shouldRun() return true end
function execute()
  db.exec("insert into ran (script) values (?)", ctx.script)
  return { executed = true }
end
