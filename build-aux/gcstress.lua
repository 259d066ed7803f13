-- Helper of busted for `make gcstress`: the collector starts anew as soon as it has ended, and takes its steps at every few hundred bytes.
collectgarbage("setpause", 0)
collectgarbage("setstepmul", 400)
if _VERSION == "Lua 5.4" then collectgarbage("incremental", 1, 400, 8) end
