-- 400,000 keys that look alike: allowed, and no slower than others.
-- expect: succeeded
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 100000 do t["key" .. ("0"):rep(20) .. i] = i end
    return { executed = true }
  end,
}
