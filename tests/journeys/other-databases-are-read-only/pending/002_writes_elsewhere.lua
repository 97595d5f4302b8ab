return { shouldRun = function() return true end, execute = function()
  databases.archive.exec("delete from old")
  return { executed = true }
end }
