return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("insert into item (id, name) values (101, 'medlar')")
    db.exec("update item set colour = 5 where id = 101")
    return { executed = true }
  end,
}
