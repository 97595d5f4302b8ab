-- load_extension() in a view that is then read.
-- expect: failed error
-- error: unsafe use of load_extension
return {
  shouldRun = function() return true end,
  execute = function()
    db.exec("create view v as select load_extension('x') as x")
    db.query("select * from v")
    return { executed = true }
  end,
}
