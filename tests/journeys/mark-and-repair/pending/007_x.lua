function shouldRun() return true end
function execute() error("not this way") end
