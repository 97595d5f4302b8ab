-- One table in many places: 2^20 nodes out of 20 tables.
-- expect: failed error|memory
-- error: larger than|memory
return {
  timeout = 30,
  shouldRun = function() return true end,
  execute = function()
    local t = { 1 }
    for _ = 1, 40 do t = { t, t } end
    json.encode(t)
  end,
}
