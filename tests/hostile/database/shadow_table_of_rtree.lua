-- Writes garbage into the nodes of an rtree.
-- expect: failed error
-- error: may not be modified
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create virtual table r using rtree(id, a, b)")
    db.exec("insert into r values (1, 2, 3)")
    db.exec("update r_node set data = randomblob(100)")
    return { executed = true }
  end,
}
