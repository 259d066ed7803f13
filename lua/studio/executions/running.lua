--- The jobs that run in this Lua state, so that `stop` reaches each of them.
--
-- A job calls `start` before its first request, looks at `job.is_stopping` before each thing that it begins, and calls `finish` in
-- the end, however it ends. When it is to stop it begins nothing more, lets what is in flight finish, writes down how far it came, and
-- returns as if it were done. It looks at least once a second: nobody wakes it.
local running = {}

--- Registers a job.
-- @treturn table job `is_stopping`, a boolean
local function start()
  local job = { is_stopping = false }
  running[job] = true
  return job
end

--- Forgets a job.
-- @tparam table job
local function finish(job)
  running[job] = nil
end

--- Tells every job to stop. It only sets fields, so it may be called wherever a program is, in a signal hook, too.
local function stop()
  for job in pairs(running) do job.is_stopping = true end
end

return { start = start, finish = finish, stop = stop }
