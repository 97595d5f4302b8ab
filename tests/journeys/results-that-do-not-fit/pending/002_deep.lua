return { shouldRun = function() return true end, execute = function()
  db.exec("delete from item")
  local top = {}
  local at = top
  for _ = 1, 300000 do at.x = {} at = at.x end
  return { executed = true, top = top }
end }
