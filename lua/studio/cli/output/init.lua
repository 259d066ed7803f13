--- Data on stdout, in the form that is asked for. Everything else that a command says goes to stderr.
local core = require "studio.core"
local json = require "studio.base.json"
local terminal = require "studio.cli.terminal"

-- late: JSON Lines of whole records, which programs read, need neither.
local function values() return require "studio.cli.output.values" end
local function fields() return require "studio.cli.output.fields" end

local output_methods = {}
local output_mt = { __name = "studio.cli.output", __index = output_methods }

-- Records that a list shows on a terminal unless told otherwise.
local SHOWN = 50
-- Bytes that are gathered before they are written.
local GATHERED = 65536
-- The parameters of SGR, in ECMA-48.
local colours = { red = "31", green = "32", yellow = "33" }

--- Makes the output of a command.
-- @tparam table arguments what the parser read: `output`, `fields`, `no_header`, `no_pager`, `color`, `limit`, `all`
-- @treturn table
local function new(arguments)
  io.stdout:setvbuf("full", GATHERED)
  return setmetatable({
    arguments = arguments, columns = terminal.size(), file = io.stdout,
    colours = terminal.has_colours(arguments.color or "auto", 1),
  }, output_mt)
end

local function checked(written, problem)
  if not written then error(require("studio.cli.failure").unwritten(problem), 0) end -- late: a failure
end

--- Writes text to stdout; raises where that fails.
-- @tparam string text
function output_methods:write(text) checked(self.file:write(text)) end

--- Raises where the reader of a pipe has gone, for commands that write now and then.
function output_methods.check_reader()
  if not core.has_reader(1) then checked(nil, "Broken pipe") end
end

--- Lets what was written be seen; raises where that fails.
function output_methods:flush() checked(self.file:flush()) end

--- Says something that is no data, on stderr.
-- @tparam string text one line
function output_methods.note(_, text)
  io.stdout:flush()
  io.stderr:write(text, "\n")
end

--- Colours words, where colours are wanted.
-- @tparam string words
-- @tparam[opt] string colour `"red"`, `"green"` or `"yellow"`; they stay as they are without one
-- @treturn string
function output_methods:paint(words, colour)
  return self.colours and colour and ("\27[%sm%s\27[0m"):format(colours[colour], words) or words
end

--- The form that is asked for.
-- @tparam boolean is_list
-- @treturn string
function output_methods:form(is_list)
  return self.arguments.output or self.columns and "table" or is_list and "jsonl" or "json"
end

--- How many records of a list to ask for; nil for all.
-- @treturn number|nil
function output_methods:limit()
  local arguments = self.arguments
  if arguments.limit then return arguments.limit end
  if not arguments.all and self.columns then
    self.is_cut = true
    return SHOWN + 1
  end
end

--- Looks at --fields before anything is sent: raises a failure for a name that no record has, and answers `--fields help`.
-- @tparam table spec `fields`: name → type; nil where they are not known
-- @treturn boolean whether the answer was given, and nothing else is to be done
function output_methods:is_help(spec)
  local list = self.arguments.fields
  if not list or not spec.fields then return false end
  return fields().look(self, list, spec.fields)
end

-- Where a form writes to: many short texts become few writes; a pager stands between where the text is longer than the screen.
local function sink_of(self, form, is_live)
  local parts, bytes, pager = {}, 0, nil
  local sink = {}
  local function pass_on()
    local text = table.concat(parts)
    parts, bytes = {}, 0
    if pager then pager:write(text) else self:write(text) end
  end
  function sink.write(text)
    parts[#parts + 1] = text
    bytes = bytes + #text
    if bytes >= GATHERED then pass_on() end
    if is_live then
      pass_on()
      self:flush()
    end
  end
  local notes = {}
  function sink.note(text) notes[#notes + 1] = text end
  function sink.begin(lines)
    local _, rows = terminal.size()
    local command = form == "table" and rows and lines >= rows and not self.arguments.no_pager and terminal.pager()
    if command then
      self.file:flush()
      pager = io.popen(command, "w")
    end
  end
  function sink.finish()
    pass_on()
    if pager then pager:close() end
    for _, text in ipairs(notes) do self:note(text) end
  end
  return sink
end

-- The lists of each form: function(self, next_record, sink, spec, paths) → how many records.
local lists = {}

-- `paths` that the user asked for make another object of a record; else it is written as it is.
local function encoder(paths)
  local encode = json.encode
  if not paths then return function(record) return encode(record, true) end end
  return function(record) return encode(values().projection(record, paths), true) end
end

function lists.jsonl(_, next_record, sink, _, paths)
  local encode, write, total = encoder(paths), sink.write, 0
  for record in next_record do
    total = total + 1
    write(encode(record) .. "\n")
  end
  return total
end

-- All or nothing: half an array is no JSON.
function lists.json(_, next_record, sink, _, paths)
  local encode, texts = encoder(paths), {}
  for record in next_record do texts[#texts + 1] = encode(record) end
  sink.write(#texts == 0 and "[]\n" or "[" .. table.concat(texts, ",\n ") .. "]\n")
  return #texts
end

function lists.name(_, next_record, sink, spec)
  local id_field, total = spec.id_field or "sid", 0
  for record in next_record do
    total = total + 1
    sink.write(values().line(rawget(record, id_field)) .. "\n")
  end
  return total
end

lists["table"] = function(self, next_record, sink, spec, paths)
  local tables = require "studio.cli.output.table" -- late: by the form
  return tables.list(next_record, sink, {
    paths = paths or fields().of_columns(spec), no_header = self.arguments.no_header, colours = self.colours,
    is_live = spec.is_live,
  })
end

for _, form in ipairs { "csv", "tsv" } do
  lists[form] = function(self, next_record, sink, spec, paths)
    local separated = require "studio.cli.output.separated" -- late: by the form
    return separated.list(form, next_record, sink, { paths = paths or fields().of_columns(spec), no_header = self.arguments.no_header })
  end
end

-- An iterator that stops after `most` records, and sets `held.is_more` when there was another.
local function cut_off(next_record, most, held)
  local count = 0
  return function()
    local record = next_record()
    if record == nil then return nil end
    count = count + 1
    if count > most then
      held.is_more = true
      return nil
    end
    return record
  end
end

-- An array is walked like an iterator.
local function iterator_of(source)
  if type(source) == "function" then return source end
  local index = 0
  return function()
    index = index + 1
    return source[index]
  end
end

--- Writes a list.
-- @tparam function|table source an iterator of records, or an array
-- @tparam table spec `columns` (names), `fields` (name → type), `id_field` (for the form `name`; `sid` unless given), `what` (words for
--   several), `is_live` (each record is written when it comes)
-- @treturn number how many records were written
function output_methods:list(source, spec)
  local form, held = self:form(true), {}
  local next_record = iterator_of(source)
  if self.is_cut then next_record = cut_off(next_record, SHOWN, held) end
  local paths = self.arguments.fields and values().paths(self.arguments.fields)
  local sink = sink_of(self, form, spec.is_live)
  local fine, total = pcall(lists[form], self, next_record, sink, spec, paths)
  sink.finish() -- what came before a failure is whole records
  if not fine then error(total, 0) end
  if held.is_more then self:note(("the first %d; --all shows all, --limit more"):format(SHOWN)) end
  if total == 0 and self.columns then self:note(("no %s"):format(spec.what or "records")) end
  return total
end

--- Writes one thing.
-- @tparam table record
-- @tparam table spec as of `list`
function output_methods:record(record, spec)
  local form = self:form(false)
  local paths = self.arguments.fields and values().paths(self.arguments.fields)
  local sink = sink_of(self, form)
  if form == "json" then
    local value = paths and values().projection(record, paths) or record
    sink.write(json.encode(value, true, 2))
  elseif form == "table" then
    local tables = require "studio.cli.output.table" -- late: by the form
    tables.record(record, sink, { paths = paths or fields().of_record(record, spec), colours = self.colours })
  else
    lists[form](self, iterator_of { record }, sink, spec, paths)
  end
  sink.finish()
end

return { new = new }
