-- A returned table of very many unknown fields.
-- expect: failed contract
-- error: unknown field
-- ledger: 16 KiB
local t = { shouldRun = print, execute = print }
for i = 1, 50000 do t["field" .. i] = i end
return t
