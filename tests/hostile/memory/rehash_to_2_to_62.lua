-- Keys that would make an array of 2^62.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 62 do t[1 << i] = i end
    return { executed = true }
  end,
}
