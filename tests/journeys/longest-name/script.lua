function shouldRun() return true end
function execute() return { executed = true, message = "long" } end
