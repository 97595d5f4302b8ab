local version = 1
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("insert into ran (version) values (?)", version)
    return { executed = true }
  end,
}
