-- A table name that would end its own quotation.
-- expect: failed error
-- error: no such table
return {
  shouldRun = function() return true end,
  execute = function()
    local name = "x\"; delete from item; --"
    assert(db.quote(name) == "\"x\"\"; delete from item; --\"")
    db.exec("select * from " .. db.quote(name))
    return { executed = true }
  end,
}
