return { shouldRun = function() db.query("with x as (select 1) insert into item (name) select 'quince' from x") return true end, execute = function() return { executed = true } end }
