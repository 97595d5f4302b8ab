-- A result of a million values.
-- expect: failed contract|memory
-- error: larger than 1 MiB
-- ledger: 64 KiB
return {
  timeout = 5,
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for i = 1, 600000 do t[i] = i end
    return { executed = true, list = t }
  end,
}
