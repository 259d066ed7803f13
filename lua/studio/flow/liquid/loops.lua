--- The tags that go round: `for`, `tablerow`, `break`, `continue`, `cycle`.
-- @module studio.flow.liquid.loops

local numbers = require "studio.flow.liquid.numbers"
local output = require "studio.flow.liquid.output"
local problem = require "studio.flow.liquid.problem"
local values = require "studio.flow.liquid.values"
local work = require "studio.flow.liquid.work"

local write, to_text = output.write, values.to_text

local loops = {}

local function whole(value, what)
  local number = numbers.plain(value) or type(value) == "string" and numbers.plain(numbers.parse(value))
  if not number or number ~= number then
    problem.raise(("%s is not a number: '%s'"):format(what, to_text(value):sub(1, 40)))
  end
  return math.floor(math.max(-1e12, math.min(1e12, number)))
end

-- What a loop goes over: how many elements, and a function that gives the one at a place counted from 0.
local function collection(state, value)
  if values.is_list(value) then
    return #value, function(index) return values.known(value[index + 1]) end
  elseif values.is_object(value) then
    local keys = values.keys(value)
    work.list_of(state, #keys)
    return #keys, function(index)
      local key = keys[index + 1]
      return values.list { key, values.known(value[key]) }
    end
  elseif value == nil or values.is_empty(value) then
    return 0
  end
  return 1, function() return value end
end

-- Reads `name in collection` or `name in (from..to)` and what follows; gives the name and a function that opens the collection.
local function header(reader, tag)
  local name = reader:expect("name", ("after '%s'"):format(tag))
  local position = reader:position()
  if not reader:accept_word "in" then reader:fail(("expected 'in' after '%s %s'"):format(tag, name)) end
  local begun = reader.index
  local from, to, source
  if reader:accept "(" then
    from = reader:expression()
    if reader:accept ".." then
      to = reader:expression()
      reader:expect(")", "after the range")
    else
      reader.index = begun
    end
  end
  if not to then source = reader:term() end
  local written = {}
  for index = begun, reader.index - 1 do written[#written + 1] = reader.values[index] or reader.kinds[index] end
  local options = { label = name .. "-" .. table.concat(written) }
  while reader:kind() == "name" do
    local option = reader:accept "name"
    if option == "reversed" then
      options.reversed = true
    elseif option == "limit" or option == "offset" or option == "cols" and tag == "tablerow" then
      reader:expect(":", ("after '%s'"):format(option))
      if option == "offset" and reader:accept_word "continue" then
        options.continues = true
      else
        options[option] = reader:expression()
      end
    else
      reader.index = reader.index - 1
      reader:fail(("unknown word '%s' in '%s': it takes limit, offset%s"):format(option, tag, tag == "for" and ", reversed" or ", cols"))
    end
    reader:accept ","
  end
  reader:finish(tag)

  local function open(state)
    state.position = position
    if not to then return collection(state, source(state)) end
    local first, last = whole(from(state), "the range's start"), whole(to(state), "the range's end")
    return math.max(0, last - first + 1), function(index) return numbers.integer(first + index) end
  end
  return name, open, options, position
end

-- The part of a collection that limit, offset and reversed leave: how many, and the element of a round counted from 0.
local function selection(state, open, options)
  local count, element = open(state)
  local offset = options.continues and (state.continued and state.continued[options.label] or 0)
    or options.offset and math.max(0, whole(options.offset(state), "'offset'")) or 0
  local rounds = math.max(0, count - offset)
  if options.limit then rounds = math.min(rounds, math.max(0, whole(options.limit(state), "'limit'"))) end
  state.continued = state.continued or {}
  state.continued[options.label] = offset + rounds
  if options.reversed then return rounds, function(round) return element(offset + rounds - 1 - round) end end
  return rounds, function(round) return element(offset + round) end
end

local function begin_round(state, round, weight, position)
  if round >= work.rounds then
    problem.raise(("the loop goes round more than %d times"):format(work.rounds), position, "limit")
  end
  state.position = position
  work.charge(state, weight)
end

-- Runs a function with names that hold only within it.
local function with_locals(state, run)
  local outer = state.locals
  local inner = setmetatable({}, { __index = outer })
  state.locals = inner
  local signal = run(inner)
  state.locals = outer
  return signal
end

--- Compiles `for`.
function loops.for_tag(parser, reader)
  local name, open, options, position = header(reader, "for")
  local own, weight = parser:scope(name, "forloop"), parser.weight
  local body, ended = parser:block("for", { ["else"] = true, endfor = true })
  weight = parser.weight - weight + 1
  parser:restore(own)
  local otherwise
  if ended == "else" then otherwise = parser:block("for", { endfor = true }) end

  return function(state)
    local rounds, element = selection(state, open, options)
    if rounds == 0 then return otherwise and otherwise(state) end
    local parent = state.locals and state.locals.forloop
    return with_locals(state, function(locals)
      for round = 0, rounds - 1 do
        begin_round(state, round, weight, position)
        local value = element(round)
        if value == nil then value = values.nothing end
        locals[name] = value
        locals.forloop = {
          name = options.label, length = rounds, index = round + 1, index0 = round, rindex = rounds - round, rindex0 = rounds - round - 1,
          first = round == 0, last = round == rounds - 1, parentloop = parent,
        }
        if body(state) == "break" then break end
      end
    end)
  end
end

--- Compiles `tablerow`.
function loops.tablerow_tag(parser, reader)
  local name, open, options, position = header(reader, "tablerow")
  local own, weight = parser:scope(name, "tablerowloop"), parser.weight
  local body = parser:block("tablerow", { endtablerow = true })
  weight = parser.weight - weight + 1
  parser:restore(own)

  return function(state)
    local rounds, element = selection(state, open, options)
    local columns = options.cols and math.max(1, whole(options.cols(state), "'cols'")) or math.max(1, rounds)
    write(state, '<tr class="row1">\n')
    with_locals(state, function(locals)
      for round = 0, rounds - 1 do
        begin_round(state, round, weight, position)
        local column = round % columns
        local value = element(round)
        if value == nil then value = values.nothing end
        locals[name] = value
        locals.tablerowloop = {
          length = rounds, index = round + 1, index0 = round, rindex = rounds - round, rindex0 = rounds - round - 1,
          first = round == 0, last = round == rounds - 1, col = column + 1, col0 = column, row = math.floor(round / columns) + 1,
          col_first = column == 0, col_last = column == columns - 1,
        }
        write(state, ('<td class="col%d">'):format(column + 1))
        local signal = body(state)
        write(state, "</td>")
        if signal == "break" then break end
        if column == columns - 1 and round < rounds - 1 then
          write(state, ('</tr>\n<tr class="row%d">'):format(math.floor(round / columns) + 2))
        end
      end
    end)
    write(state, "</tr>\n")
  end
end

--- Compiles `break`.
function loops.break_tag(_, reader)
  reader:finish "break"
  return function() return "break" end
end

--- Compiles `continue`.
function loops.continue_tag(_, reader)
  reader:finish "continue"
  return function() return "continue" end
end

--- Compiles `cycle`: each time the next of its values.
function loops.cycle_tag(_, reader)
  local group
  local elements = { reader:term() }
  if reader:accept ":" then
    group, elements = elements[1], { reader:term() }
  end
  while reader:accept "," do elements[#elements + 1] = reader:term() end
  reader:finish "cycle"
  local count = #elements

  return function(state)
    local shown = {}
    local key
    if group then
      key = to_text(group(state))
    else
      for index = 1, count do shown[index] = to_text(elements[index](state)) end
      key = "\0" .. table.concat(shown, "\0")
    end
    state.cycles = state.cycles or {}
    local at = state.cycles[key] or 0
    state.cycles[key] = (at + 1) % count
    if elements[at + 1] then write(state, to_text(elements[at + 1](state))) end
  end
end

return loops
