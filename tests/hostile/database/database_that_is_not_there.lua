-- Makes up a database.
-- expect: failed error
-- error: no such table
return {
  shouldRun = function() return true end,
  execute = function()
    local fake = setmetatable({}, { __index = db })
    fake.exec("delete from nowhere")
    return { executed = true }
  end,
}
