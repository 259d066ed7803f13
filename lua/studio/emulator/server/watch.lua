--- Ends the service when the program that started it is gone.
-- The launcher sees that by the end of its input, but a child of that program may hold the pipe open.
-- @module studio.emulator.server.watch

local ffi = require "ffi"

ffi.cdef [[
  int kill(int pid, int sig);
  int getpid(void);
  int getppid(void);
]]

local no_such_process = 3
local kill_signal = 9

local function is_gone(pid)
  return ffi.C.kill(pid, 0) ~= 0 and ffi.errno() == no_such_process
end

--- Starts to watch.
-- @tparam table config `program`: the process that started the service
local function start(config)
  local launcher = ffi.C.getppid()
  assert(ngx.timer.every(0.25, function()
    if ffi.C.getppid() ~= launcher then
      -- No launcher is left to clean up.
      os.execute("rm -rf '" .. ngx.config.prefix():gsub("'", "'\\''") .. "'")
      ffi.C.kill(ffi.C.getpid(), kill_signal)
    elseif is_gone(config.program) then
      ffi.C.kill(ffi.C.getpid(), kill_signal)
    end
  end))
end

return { start = start }
