return { shouldRun = true, execute = "yes" }
