-- Tries to write, then skips.
-- expect: skipped
-- reason: done
return {
  shouldRun = function()
    pcall(db.exec, "delete from item")
    skip("done")
  end,
  execute = function() return { executed = true } end,
}
