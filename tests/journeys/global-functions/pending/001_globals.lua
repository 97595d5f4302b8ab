description = "Both forms are scripts"
local added = 0
function shouldRun() return db.value("select count(*) from item where name = 'quince'") == 0 end
function execute()
  added = db.exec("insert into item (name) values ('quince')")
  return { executed = true, message = "added " .. added }
end
