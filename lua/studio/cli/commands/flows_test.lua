--- `studio flows test FILE|DIR…`: plays transcripts and says what differs.
local core = require "studio.core"
local definitions = require "studio.cli.definitions"
local failure = require "studio.cli.failure"
local files = require "studio.cli.files"
local flow = require "studio.flow"
local simulation = require "studio.cli.simulation"

local spec = {
  columns = { "transcript", "passed", "line", "due", "came" }, id_field = "transcript", what = "transcripts",
  fields = {
    transcript = "string", definition = "string", passed = "boolean", seconds = "number", line = "integer", due = "string", came = "string",
    message = "string",
  },
}

local function exists(path)
  local file = io.open(path, "rb")
  return file ~= nil and file:close()
end

-- A file can be opened and read, a folder only opened.
local function is_folder(path)
  local file = io.open(path, "rb")
  if not file then return false end
  local _, problem = file:read(1)
  file:close()
  return problem ~= nil
end

-- The transcripts in a folder and below it, in the order of their names.
local function transcripts_in(folder)
  local pipe = assert(io.popen("find -L " .. files.quote(folder) .. " -name '*.transcript' -type f 2>/dev/null | LC_ALL=C sort"))
  local found = {}
  for path in pipe:lines() do found[#found + 1] = path end
  pipe:close()
  return found
end

-- The transcripts that a path means: itself, those in a folder, those in the folder beside a definition that has its name.
local function transcripts_of(context, path)
  if path:find "%.transcript$" then return { path } end
  if path:find "%.json$" and exists(path) then path = path:gsub("%.json$", "") end
  if not is_folder(path) then failure.usage("%s: %s is no transcript, no folder and no definition with a folder", context.called, path) end
  return transcripts_in((path:gsub("(.)/+$", "%1")))
end

-- Where the definition of a transcript is looked for: under its own name, then under that of its folder.
local function definition_of(path)
  local beside = path:gsub("%.transcript$", ".json")
  local above = (path:match "^(.*)/[^/]*$" or ".") .. ".json"
  return exists(beside) and beside or exists(above) and above or nil
end

-- Definitions are read once.
local function reader(context, given)
  local read = {}
  return function(path)
    local place = given or definition_of(path)
    if not place then
      return nil, failure.new(2, ("%s: no definition beside %s"):format(context.called, path), "--definition FILE says which one it is")
    end
    if not read[place] then
      local definition, err = definitions.read(context, place)
      if not definition then return nil, err end
      read[place] = definition
    end
    return read[place], nil, place
  end
end

local function play(context, path, definition, place, options)
  local text = context:read_file(path, "FILE")
  local begun = core.now()
  local same, err = flow.replay(definition, text, options)
  local result = { transcript = path, definition = place, passed = same == true, seconds = core.now() - begun }
  if not same then result.line, result.due, result.came, result.message = err.line, err.due, err.came, err.message end
  return result
end

local escapes = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;", ["\n"] = "&#10;" }

-- Characters that no XML may have become a question mark.
local function xml(value)
  return (value:gsub("[%z\1-\8\11\12\14-\31]", "?"):gsub('[<>&"\n]', escapes))
end

local function junit(results, failed, seconds)
  local lines = {
    '<?xml version="1.0" encoding="UTF-8"?>',
    ('<testsuites tests="%d" failures="%d" time="%.3f">'):format(#results, failed, seconds),
    ('  <testsuite name="studio flows test" tests="%d" failures="%d" errors="0" skipped="0" time="%.3f">'):format(
      #results, failed, seconds),
  }
  for _, result in ipairs(results) do
    local name = result.transcript:match "([^/]*)%.transcript$" or result.transcript
    local head = ('    <testcase classname="%s" name="%s" file="%s" time="%.3f"'):format(xml(result.definition), xml(name),
      xml(result.transcript), result.seconds)
    if result.passed then
      lines[#lines + 1] = head .. "/>"
    else
      lines[#lines + 1] = head .. ">"
      lines[#lines + 1] = ('      <failure message="%s" type="difference">%s</failure>'):format(
        xml(result.message:match "^[^\n]*"), (xml(result.message):gsub("&#10;", "\n")))
      lines[#lines + 1] = "    </testcase>"
    end
  end
  lines[#lines + 1] = "  </testsuite>"
  lines[#lines + 1] = "</testsuites>\n"
  return table.concat(lines, "\n")
end

local function show(context, result)
  local out = context:out()
  local state = ("%-7s"):format(result.passed and "ok" or "differs")
  out:write(("%s %s\n"):format(out:paint(state, result.passed and "green" or "red"), result.transcript))
  if not result.passed then out:write("        " .. result.message:gsub("\n", "\n        ") .. "\n") end
end

local function all_transcripts(context, paths)
  local all, is_there = {}, {}
  for _, path in ipairs(paths) do
    for _, found in ipairs(transcripts_of(context, path)) do
      if not is_there[found] then all[#all + 1] = found end
      is_there[found] = true
    end
  end
  if not all[1] then failure.usage("%s: no transcript in %s", context.called, table.concat(paths, ", ")) end
  return all
end

return {
  examples = {
    "studio flows test flows/                    every transcript in the folder, with the definition beside it",
    "studio flows test order-bot.json            those in the folder order-bot",
    "studio flows test flows/ --junit report.xml",
  },
  describe = function(parser, add)
    parser:argument("path", "A transcript, a folder of them, or a definition that has a folder of its name beside it. The definition of "
      .. "x/y.transcript is x/y.json or x.json."):argname("PATH"):args "+"
    parser:option("--definition", "The definition that all transcripts are played with."):argname "FILE"
    parser:option("--junit", "Writes a report as JUnit XML."):argname "FILE"
    simulation.describe(parser)
    add.output()
  end,
  run = function(context, arguments)
    local out = context:out()
    if out:is_help(spec) then return 0 end
    local options, err = simulation.options(context)
    if not options then return nil, err end
    local results, failed, begun = {}, 0, core.now()
    local read = reader(context, arguments.definition)
    for _, path in ipairs(all_transcripts(context, arguments.path)) do
      local definition, problem, place = read(path)
      if not definition then return nil, problem end
      local result = play(context, path, definition, place, options)
      results[#results + 1] = result
      if not result.passed then failed = failed + 1 end
      if not arguments.output then show(context, result) end
    end
    if arguments.output then out:list(results, spec) end
    if arguments.junit then files.replace(arguments.junit, junit(results, failed, core.now() - begun)) end
    context:note("%d passed, %d failed", #results - failed, failed)
    return failed > 0 and 3 or 0
  end,
}
