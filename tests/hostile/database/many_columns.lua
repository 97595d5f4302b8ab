-- A table of 10,000 columns.
-- expect: failed error
-- error: too many columns on t
return {
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 10000 do t[i] = "c" .. i end
    db.exec("create table t (" .. table.concat(t, ",") .. ")")
    return { executed = true }
  end,
}
