-- Returns nothing.
-- expect: failed contract
-- error: returned nothing
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("delete from item")
  end,
}
