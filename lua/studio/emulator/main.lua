--- The local Studio service from the command line: in the foreground until Ctrl-C, or around another program.
--
--     lua5.4 lua/studio/emulator/main.lua --port 8081
--     lua5.4 lua/studio/emulator/main.lua -- lua5.4 examples/quickstart.lua
--
-- @script studio.emulator.main

-- The library is found from where this file is, whatever folder the program is started from.
local folder = (arg and arg[0] or ""):match("^(.*)main%.lua$")
if folder then
  local library = (folder == "" and "./" or folder) .. "../../"
  package.path = library .. "?.lua;" .. library .. "?/init.lua;" .. package.path
end

local has_argparse, argparse = pcall(require, "argparse")
if not has_argparse then
  io.stderr:write("studio-emulator: argparse is missing: install the package lua-argparse, or luarocks install argparse\n")
  os.exit(1)
end

local foreground = require "studio.emulator.foreground"

-- Reads the number behind an option; in words where it is none.
local function number(option)
  return function(text)
    local value = tonumber(text)
    if value then return value end
    return nil, ("%s must be a number, got '%s'"):format(option, text)
  end
end

local function read_arguments()
  local parser = argparse("studio-emulator", "A local Twilio Studio service, for tests and first steps without an account.")
  parser:option("-p --port", "the port of plain HTTP; a free one by default"):convert(number "--port")
  parser:option("--engagements", "how many engagements the seeded survey has"):convert(number "--engagements")
  parser:option("--page-size", "the page size of lists that are asked for without one"):convert(number "--page-size")
  parser:argument("program", "a program to run against the service, after --, with its arguments; the service ends with it"):args("*")
  return parser:parse()
end

local function main()
  local arguments = read_arguments()
  local options = { port = arguments.port, engagements = arguments.engagements, page_size = arguments.page_size }
  local status, message = foreground.run(options, arguments.program, "studio-emulator")
  if status then return status end
  io.stderr:write("studio-emulator: ", message, "\n")
  return 1
end

os.exit(main())
