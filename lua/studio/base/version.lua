--- The version of this library; the only place that states it.
local version = "0.1.0"

return version
