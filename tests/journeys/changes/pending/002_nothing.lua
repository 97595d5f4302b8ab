return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("update menu set name = name")
    return { executed = true }
  end,
}
