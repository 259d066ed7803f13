--- Waits for one descriptor; runs in a thread of nginx's, in a Lua state of its own (see `studio.waiting.ways.nginx`).
local ffi = require "ffi"

ffi.cdef "struct studio_pollfd { int fd; short events, revents; }; int poll(struct studio_pollfd *, unsigned long, int);"

local POLLIN = 1
local one = ffi.new("struct studio_pollfd[1]")

local descriptor = {}

--- Waits until a descriptor is readable.
-- @tparam number number of the descriptor
-- @tparam number milliseconds at most
function descriptor.wait(number, milliseconds)
  one[0].fd, one[0].events = number, POLLIN
  ffi.C.poll(one, 1, milliseconds)
end

return descriptor
