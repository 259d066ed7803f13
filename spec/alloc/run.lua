-- Runs the scenarios of this folder against the local service: run.lua HOST MODE... See host.c.
local emulator = require "studio.emulator"

local host = arg[1]
local service = assert(emulator.start())

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function run(what, scenario, mode, how, environment)
  local words = { "env" }
  for name, value in pairs(service:environment()) do
    if value then words[#words + 1] = name .. "=" .. quoted(value) else table.insert(words, 2, "-u " .. name) end
  end
  for name, value in pairs(environment) do words[#words + 1] = name .. "=" .. quoted(value) end
  words[#words + 1] = ("%s spec/alloc/%s.lua %s %s"):format(quoted(host), scenario, mode, how)
  io.write(("%-22s "):format(what))
  io.flush()
  local status = os.execute(table.concat(words, " "))
  return status == true or status == 0
end

local good = true
for index = 2, #arg do
  for _, how in ipairs { "once", "on" } do
    good = run("loading", "load", arg[index], how, {}) and good
    good = run("calls, HTTP/1.1", "calls", arg[index], how, {}) and good
    good = run("calls, TLS and HTTP/2", "calls", arg[index], how,
      { STUDIO_BASE_URL = service.tls_url, STUDIO_CA_FILE = service.ca_file }) and good
  end
end
service:stop()
os.exit(good and 0 or 1, true)
