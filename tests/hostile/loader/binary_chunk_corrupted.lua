-- A chunk with changed opcodes, which crashes an interpreter that takes it.
-- expect: failed syntax
-- error: binary chunk
-- bytes: 1b4c7561540019930d0a1a0a04080878560000000000000000000000287740018080800001028951ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6f756c6452756e0488657865637574658101000082808181000002830700000048000200470001008080808080808080818100000285130001005200000012800001480002004700010082048965786563757465641180808080808080808080
return { shouldRun = function() return true end, execute = function() return { executed = true } end }
