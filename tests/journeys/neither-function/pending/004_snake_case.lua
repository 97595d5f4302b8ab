function should_run() return true end
function execute() return { executed = true } end
