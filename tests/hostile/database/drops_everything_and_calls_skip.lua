-- The same by skip().
-- expect: skipped
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("drop table item")
    skip("nothing happened")
  end,
}
