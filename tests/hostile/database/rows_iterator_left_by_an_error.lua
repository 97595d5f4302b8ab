-- Leaves a loop by an error out of a coroutine.
-- expect: failed error
-- error: inside
return {
  shouldRun = function() return true end,
  execute = function()
    local co = coroutine.wrap(function() for _ in db.rows("select * from item") do error("inside") end end)
    co()
  end,
}
