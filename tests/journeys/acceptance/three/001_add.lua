return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("insert into item (id, name) values (100, 'quince')")
    return { executed = true, message = "added quince" }
  end,
}
