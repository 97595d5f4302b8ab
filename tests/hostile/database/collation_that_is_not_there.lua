-- A collation that nobody made.
-- expect: failed error
-- error: no such collation
return {
  shouldRun = function() return true end,
  execute = function()
    db.query("select name from item order by name collate nowhere")
    return { executed = true }
  end,
}
