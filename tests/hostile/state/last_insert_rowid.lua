-- What the connection remembers of another script tells nothing that matters.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    assert(type(db.value("select last_insert_rowid() + changes() + total_changes()")) == "number")
    return { executed = true }
  end,
}
