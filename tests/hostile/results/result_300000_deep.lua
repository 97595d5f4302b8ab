-- Deeper than any stack.
-- expect: failed contract
-- error: deeper
return {
  shouldRun = function() return true end,
  execute = function()
    local t = {}
    for _ = 1, 100000 do t = { t } end
    return { executed = true, t = t }
  end,
}
