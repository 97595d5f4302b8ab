return {
  description = "Tidy up the menu",
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from menu where page is null")
    db.exec("update menu set name = ? where id = ?", "shop \27[31mnow", 2)
    db.exec("update menu set name = 'start' where id = 1")
    for id = 10, 14 do db.exec("insert into menu (id, name, page) values (?, ?, ?)", id, "page " .. id, id) end
    db.exec("create index menu_by_page on menu (page)")
    return { executed = true, message = "tidied" }
  end,
}
