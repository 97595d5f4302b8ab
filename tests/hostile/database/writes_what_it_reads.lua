-- Adds to the table that a loop is reading: the loop ends all the same.
-- expect: failed error
-- error: came to an end
return {
  shouldRun = function() return true end,
  execute = function()
    for row in db.rows("select id from item") do db.exec("insert into item (name) values ('again')") end
    error("came to an end")
  end,
}
