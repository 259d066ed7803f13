-- Helper of busted for `make gcstress`: the collector starts anew as soon as it has ended, and takes its steps at every few hundred bytes.
local version = _VERSION:match "%d%.%d"
if version == "5.5" then
  collectgarbage "incremental"
  for name, value in pairs { pause = 1, stepmul = 400, stepsize = 256 } do collectgarbage("param", name, value) end
elseif version == "5.4" then
  collectgarbage("incremental", 1, 400, 8)
else
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", 400)
end
