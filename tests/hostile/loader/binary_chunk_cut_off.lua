-- Half of a chunk: the undumper would read behind its end.
-- expect: failed syntax
-- error: binary chunk
-- bytes: 1b4c7561540019930d0a1a0a040808785600000000000000000000002877400180808000010289510000001300020052000000cf00000012000001cf80000012000101460002014600010182048a73686f756c6452756e04
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
