-- A private environment whose every name is there.
-- expect: failed error
-- error: attempt to
local setmetatable = setmetatable
return {
  shouldRun = function() return true end,
  execute = function()
    local _ENV = setmetatable({}, { __index = function(_, name) return name end })
    return os.execute("id")
  end,
}
