-- ipairs over an __index that always answers.
-- expect: failed timeout
-- error: time limit of 200 ms while execute()
-- time: 250 ms over 200 ms
return {
  timeout = 0.2,
  shouldRun = function() return true end,
  execute = function()
    for _ in ipairs(setmetatable({}, { __index = function() return 1 end })) do end
    return { executed = true }
  end,
}
