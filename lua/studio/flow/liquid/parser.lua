--- Compiles a template to one function: text, outputs and tags in a row; what stands within a tag is read by `expressions`.
-- @module studio.flow.liquid.parser

local expressions = require "studio.flow.liquid.expressions"
local lexer = require "studio.flow.liquid.lexer"
local loops = require "studio.flow.liquid.loops"
local output = require "studio.flow.liquid.output"
local problem = require "studio.flow.liquid.problem"
local suggestion = require "studio.flow.liquid.suggestion"
local text = require "studio.flow.liquid.text"
local values = require "studio.flow.liquid.values"

local find, sub = string.find, string.sub
local write, to_text = output.write, values.to_text

local depth_at_most = 100

local parser_methods = {}
local parser_mt = { __index = parser_methods }

local function sequence(nodes)
  local count = #nodes
  if count == 0 then return function() end end
  if count == 1 then return nodes[1] end
  return function(state)
    for index = 1, count do
      local signal = nodes[index](state)
      if signal then return signal end
    end
  end
end

local function is_true(value) return value ~= nil and value ~= false end

--- Makes names the template's own (they are no names of the context) until `restore`.
function parser_methods:scope(...)
  local own = self.template.own
  self.template.own = setmetatable({}, { __index = own })
  for _, name in ipairs { ... } do self.template.own[name] = true end
  return own
end

--- Ends what `scope` began; names that were assigned meanwhile stay the template's own.
function parser_methods:restore(own)
  for name, assigned in pairs(self.template.own) do
    if assigned == "assigned" then own[name] = assigned end
  end
  self.template.own = own
end

local function assigned(parser, name)
  parser.template.own[name] = "assigned"
end

local function set(state, name, value)
  if value == nil then value = values.nothing end
  state.assigned = state.assigned or {}
  state.assigned[name] = value
end

local tags = {}

function tags.assign(parser, reader)
  local name = reader:expect("name", "after 'assign'")
  reader:expect("=", ("after 'assign %s'"):format(name))
  local value = reader:filtered(reader:expression())
  reader:finish "assign"
  assigned(parser, name)
  return function(state) set(state, name, value(state)) end
end

function tags.capture(parser, reader)
  local name = reader:accept "text" or reader:expect("name", "after 'capture'")
  reader:finish "capture"
  local body = parser:block("capture", { endcapture = true })
  assigned(parser, name)
  return function(state)
    local captured, signal = output.capture(state, body)
    set(state, name, captured)
    return signal
  end
end

-- `if` and `unless`: conditions with their bodies; `is_wanted` tells whether the first one is turned round.
local function branches(parser, reader, tag, wanted)
  local conditions, bodies = { reader:expression() }, {}
  reader:finish(tag)
  local otherwise
  local closing = "end" .. tag
  while true do
    local body, ended, inner = parser:block(tag, { ["elsif"] = true, ["else"] = true, [closing] = true }, otherwise ~= nil)
    if otherwise == true then otherwise = body else bodies[#bodies + 1] = body end
    if ended == closing then break end
    if otherwise then inner:fail(("'%s' after 'else'"):format(ended)) end
    if ended == "elsif" then
      conditions[#conditions + 1] = inner:expression()
      inner:finish "elsif"
    else
      otherwise = true
    end
  end
  local count = #conditions
  return function(state)
    for index = 1, count do
      if is_true(conditions[index](state)) == (index > 1 or wanted) then return bodies[index](state) end
    end
    if otherwise then return otherwise(state) end
  end
end

tags["if"] = function(parser, reader) return branches(parser, reader, "if", true) end

function tags.unless(parser, reader) return branches(parser, reader, "unless", false) end

function tags.case(parser, reader)
  local subject = reader:expression()
  reader:finish "case"
  local cases, otherwise = {}, nil
  local _, ended, inner = parser:block("case", { when = true, ["else"] = true, endcase = true })
  while ended ~= "endcase" do
    local body
    if ended == "when" then
      local wanted = { inner:term() }
      while inner:accept "," or inner:accept_word "or" do wanted[#wanted + 1] = inner:term() end
      inner:finish "when"
      local case = { wanted = wanted }
      cases[#cases + 1] = case
      body, ended, inner = parser:block("case", { when = true, ["else"] = true, endcase = true })
      case.body = body
    else
      body, ended, inner = parser:block("case", { when = true, ["else"] = true, endcase = true })
      otherwise = otherwise or body
    end
  end
  return function(state)
    local value = subject(state)
    for index = 1, #cases do
      local case = cases[index]
      for each = 1, #case.wanted do
        if values.equal(value, case.wanted[each](state)) then return case.body(state) end
      end
    end
    if otherwise then return otherwise(state) end
  end
end

function tags.ifchanged(parser, reader)
  reader:finish "ifchanged"
  local body = parser:block("ifchanged", { endifchanged = true })
  return function(state)
    local shown, signal = output.capture(state, body)
    if shown ~= state.shown_last then
      state.shown_last = shown
      write(state, shown)
    end
    return signal
  end
end

local function counter(step, shown_after)
  return function(parser, reader)
    local name = reader:expect("name", "after the tag's name")
    reader:finish(step > 0 and "increment" or "decrement")
    assigned(parser, name)
    return function(state)
      state.counters = state.counters or {}
      local value = state.counters[name] or 0
      state.counters[name] = value + step
      write(state, to_text(shown_after and value + step or value))
    end
  end
end

tags.increment = counter(1, false)
tags.decrement = counter(-1, true)

tags["for"] = loops.for_tag
tags.tablerow = loops.tablerow_tag
tags["break"] = loops.break_tag
tags["continue"] = loops.continue_tag
tags.cycle = loops.cycle_tag

-- Inner tags of others, for messages.
local inner_tags = { ["else"] = "if", ["elsif"] = "if", when = "case" }
for _, name in ipairs { "if", "unless", "case", "for", "tablerow", "capture", "ifchanged", "comment", "raw" } do
  inner_tags["end" .. name] = name
end

local known_tags = { comment = true, raw = true }
for name in pairs(tags) do known_tags[name] = true end
for name in pairs(inner_tags) do known_tags[name] = true end

local function unexpected(name, tag, position)
  local belongs = inner_tags[name]
  if not belongs then problem.raise(("unknown tag '%s'%s"):format(name, suggestion(name, known_tags)), position, "tag") end
  if tag then problem.raise(("'%s' within '%s': 'end%s' is missing"):format(name, tag, tag), position) end
  problem.raise(("'%s' without '%s'"):format(name, belongs), position)
end

function parser_methods:add_text(nodes, first, last, trims_end)
  if first > last then return end
  local piece = sub(self.source, first, last)
  if self.trims then piece = text.trim_start(piece) end
  if trims_end then piece = text.trim_end(piece) end
  if piece == "" then return end
  self.weight = self.weight + 1
  nodes[#nodes + 1] = function(state) write(state, piece) end
end

-- What stands within `comment` and `raw` is not looked at.
function parser_methods:verbatim(nodes, name, position)
  local first, last, trims, trims_after = find(self.source, "{%%(%-?)%s*end" .. name .. "%s*(%-?)%%}", self.position)
  if not first then problem.raise(("'end%s' is missing"):format(name), position) end
  if name == "raw" then self:add_text(nodes, self.position, first - 1, trims ~= "") end
  self.position, self.trims = last + 1, trims_after ~= ""
end

function parser_methods:output(nodes, kinds, tokens, positions)
  local reader = expressions.reader(self.template, kinds, tokens, positions)
  if reader:kind() == "end" then return end
  local value = reader:filtered(reader:term())
  if reader:kind() ~= "end" then reader:fail(("unexpected %s within {{ }}"):format(reader:describe())) end
  self.weight = self.weight + 1
  nodes[#nodes + 1] = function(state)
    local shown = value(state)
    if shown == nil then return end
    if type(shown) ~= "string" then shown = to_text(shown) end
    write(state, shown)
  end
end

--- Compiles what stands up to a tag that ends it.
-- @string[opt] tag the tag it belongs to
-- @tparam table enders names of the tags that end it
-- @treturn function the node
-- @treturn ?string the name of the tag that ended it; nil at the end of the template
-- @treturn ?table the reader of that tag
function parser_methods:block(tag, enders)
  local nodes = {}
  local source, opened_at = self.source, self.tag_position
  self.depth = self.depth + 1
  if self.depth > depth_at_most then problem.raise(("tags are nested deeper than %d levels"):format(depth_at_most), opened_at) end
  while true do
    local first = find(source, "{[{%%]", self.position)
    local trims = first and sub(source, first + 2, first + 2) == "-"
    self:add_text(nodes, self.position, (first or #source + 1) - 1, trims)
    self.trims = false
    if not first then
      if tag then problem.raise(("'end%s' is missing"):format(tag), opened_at) end
      return sequence(nodes)
    end
    local opened = sub(source, first, first + 1)
    local after = first + (trims and 3 or 2)
    local comment = opened == "{%" and find(source, "^%s*#", after)
    local kinds, tokens, positions
    if comment then
      local _, last, trims_after = find(source, "(%-?)%%}", after)
      if not last then problem.raise("'{%' is not closed", first) end
      self.position, self.trims = last + 1, trims_after ~= ""
    else
      kinds, tokens, positions, self.position, self.trims = lexer.tokens(source, after, opened)
    end
    if opened == "{{" then
      self:output(nodes, kinds, tokens, positions)
    elseif kinds then
      local reader = expressions.reader(self.template, kinds, tokens, positions)
      local position = reader:position()
      local name = reader:expect("name", "of a tag after '{%'")
      if enders[name] then
        if name:find("^end") or name == "else" then
          if name == "else" and reader:accept_word "if" then problem.raise("'else if' is no tag: use 'elsif'", position) end
          reader:finish(name)
        end
        self.depth = self.depth - 1
        return sequence(nodes), name, reader
      elseif name == "comment" or name == "raw" then
        reader:finish(name)
        self:verbatim(nodes, name, position)
      elseif tags[name] then
        self.tag_position = position
        self.weight = self.weight + 1
        nodes[#nodes + 1] = tags[name](self, reader)
      else
        unexpected(name, tag, position)
      end
    end
  end
end

--- Compiles a template.
-- @string source
-- @tparam table template gets `paths` (what it reads of the context), `doubtful` (what would fail if it were reached), `own`
-- @treturn function(state)
local function parse(source, template)
  template.paths, template.doubtful, template.own = {}, {}, {}
  local parser = setmetatable({ source = source, template = template, position = 1, depth = 0, weight = 0, trims = false }, parser_mt)
  return (parser:block(nil, {}))
end

return { parse = parse, tags = known_tags }
