--- Expressions of templates, compiled to functions of the rendering's state.
--
-- A reader (made by `expressions.reader`) holds the tokens of one tag; what its functions compile is `function(state) → value`.
-- @module studio.flow.liquid.expressions

local filters = require "studio.flow.liquid.filters"
local lexer = require "studio.flow.liquid.lexer"
local numbers = require "studio.flow.liquid.numbers"
local problem = require "studio.flow.liquid.problem"
local suggestion = require "studio.flow.liquid.suggestion"
local values = require "studio.flow.liquid.values"
local work = require "studio.flow.liquid.work"

local field, at, known, nothing = values.field, values.at, values.known, values.nothing

local expressions = {}

local depth_at_most = 100

local reader_methods = {}
local reader_mt = { __index = reader_methods }

--- Makes a reader of the tokens of a tag.
-- @tparam table template what is compiled: `paths` and `own` names are kept there, and what is `doubtful`
-- @tparam table kinds
-- @tparam table tokens their values
-- @tparam table positions
-- @treturn table the reader
function expressions.reader(template, kinds, tokens, positions)
  return setmetatable({ template = template, kinds = kinds, values = tokens, positions = positions, index = 1, depth = 0 }, reader_mt)
end

local words = {
  ["end"] = "the end of the tag", name = "a name", text = "text", number = "a number",
}

--- The kind of the token at hand.
function reader_methods:kind() return self.kinds[self.index] end

--- Its position in the template.
function reader_methods:position() return self.positions[self.index] end

function reader_methods:fail(message)
  problem.raise(message, self:position())
end

function reader_methods:describe()
  local kind, value = self:kind(), self.values[self.index]
  if kind == "text" then return ("the text '%s'"):format(#value > 40 and value:sub(1, 40) .. "…" or value) end
  return value and ("'%s'"):format(value) or words[kind] or ("'%s'"):format(kind)
end

--- Takes a token of a kind, or none.
-- @treturn ?string its value, or the kind where it has none
function reader_methods:accept(kind)
  local index = self.index
  if self.kinds[index] ~= kind then return nil end
  self.index = index + 1
  return self.values[index] or kind
end

--- Takes a token of a kind; anything else is a problem.
function reader_methods:expect(kind, where)
  local value = self:accept(kind)
  if value then return value end
  self:fail(("expected %s %s, got %s"):format(words[kind] or ("'%s'"):format(kind), where, self:describe()))
end

--- Takes a name that is this word, or nothing.
function reader_methods:accept_word(word)
  if self:kind() == "name" and self.values[self.index] == word then
    self.index = self.index + 1
    return true
  end
end

--- Nothing may be left of the tag.
function reader_methods:finish(tag)
  if self:kind() == "end" then return end
  if self:kind() == "|" then self:fail(("'%s' takes no filters: assign the value to a name first"):format(tag)) end
  self:fail(("unexpected %s in '%s'"):format(self:describe(), tag))
end

function reader_methods:deeper()
  self.depth = self.depth + 1
  if self.depth > depth_at_most then self:fail(("expressions are nested deeper than %d levels"):format(depth_at_most)) end
end

local function constant(value)
  return function() return value end
end

local literals = {
  ["true"] = constant(true), ["false"] = constant(false), ["nil"] = constant(nil), null = constant(nil),
  empty = constant(values.empty), blank = constant(values.blank),
}

local function root(state, name)
  local locals, assigned = state.locals, state.assigned
  local value
  if locals then value = locals[name] end
  if value == nil and assigned then value = assigned[name] end
  if value == nil then
    value = state.context[name]
    if value == nil and state.counters then value = state.counters[name] end
    return known(value)
  end
  if value == nothing then return nil end
  return value
end

local function static_lookup(name, keys)
  local n = #keys
  if n == 0 then return function(state) return root(state, name) end end
  return function(state)
    local value = root(state, name)
    for index = 1, n do
      if value == nil then return nil end
      value = field(value, keys[index])
    end
    return value
  end
end

local function dynamic_lookup(first, steps, position)
  return function(state)
    local name = first(state)
    if type(name) ~= "string" then return nil end
    local value = root(state, name)
    for index = 1, #steps do
      if value == nil then return nil end
      local key = steps[index](state)
      state.position = position
      value = at(value, key)
    end
    return value
  end
end

local function remember(self, path, position, whole)
  local shown = {}
  for index, key in ipairs(path) do
    shown[index] = type(key) == "number" and ("[%d]"):format(key) or (index > 1 and "." or "") .. key
  end
  local paths = self.template.paths
  paths[#paths + 1] = {
    path = path, text = table.concat(shown), position = position, whole = whole,
    own = self.template.own[path[1]] ~= nil,
  }
end

-- A name and what follows it: `.name`, `[expression]`.
function reader_methods:lookup()
  local position = self:position()
  local steps, keys, path = {}, {}, {}
  local first, whole = nil, true
  local name = self:accept "name"
  if name then
    first, path[1] = constant(name), name
  end
  while true do
    if name and self:accept "." then
      local key = self:expect("name", "after '.'")
      steps[#steps + 1], keys[#keys + 1] = constant(key), key
      if whole then path[#path + 1] = key end
    elseif self:accept "[" then
      self:deeper()
      local kind, value = self:kind(), self.values[self.index]
      local key = self:expression()
      local literal = self.kinds[self.index - 1] == kind and self.index > 1 and self.values[self.index - 1] == value
        and (kind == "text" and value or kind == "number" and not value:find(".", 1, true) and tonumber(value)) or nil
      if self.kinds[self.index - 2] ~= "[" then literal = nil end
      self:expect("]", "after the index")
      self.depth = self.depth - 1
      if not name then
        name, first = literal or true, key
      else
        steps[#steps + 1], keys[#keys + 1] = key, type(literal) == "string" and literal or false
      end
      whole = whole and literal ~= nil
      if whole then path[#path + 1] = literal end
    else
      break
    end
  end
  self:accept "?"
  if path[1] ~= nil then remember(self, path, position, whole) end
  for _, key in ipairs(keys) do
    if not key then return dynamic_lookup(first, steps, position) end
  end
  if type(name) ~= "string" then return dynamic_lookup(first, steps, position) end
  return static_lookup(name, keys)
end

--- A literal, a lookup, or an expression in parentheses.
function reader_methods:term()
  local kind = self:kind()
  if kind == "text" then
    return constant(self:accept "text")
  elseif kind == "number" then
    return constant(numbers.parse(self:accept "number"))
  elseif kind == "name" then
    local literal = literals[self.values[self.index]]
    local following = self.kinds[self.index + 1]
    if literal and following ~= "." and following ~= "[" then
      self.index = self.index + 1
      return literal
    end
    return self:lookup()
  elseif kind == "[" then
    return self:lookup()
  elseif kind == "(" then
    self:accept "("
    self:deeper()
    local inner = self:expression()
    if self:kind() == ".." then self:fail "a range (1..n) stands only after 'in' of a loop" end
    self:expect(")", "after the expression")
    self.depth = self.depth - 1
    return inner
  end
  self:fail(("expected a value, got %s"):format(self:describe()))
end

local comparisons = {
  ["=="] = values.equal,
  ["!="] = function(a, b) return not values.equal(a, b) end,
  ["<"] = values.less,
  [">"] = function(a, b) return values.less(b, a) end,
  ["<="] = values.at_most,
  [">="] = function(a, b) return values.at_most(b, a) end,
}

local function comparison(compare, left, right)
  return function(state) return compare(left(state), right(state)) end
end

local function containment(left, right)
  return function(state) return filters.contains(state, left(state), right(state)) end
end

-- One value, or several compared with each other.
function reader_methods:compared()
  local left = self:term()
  local chained = 0
  while true do
    local kind = self:kind()
    local compare = comparisons[kind]
    if compare then
      self.index = self.index + 1
      left = comparison(compare, left, self:term())
    elseif kind == "name" and self:accept_word "contains" then
      left = containment(left, self:term())
    else
      if kind == "=" then self:fail "'=' does not compare: use '=='" end
      return left
    end
    chained = chained + 1
    if chained > depth_at_most then self:fail(("more than %d comparisons in a row"):format(depth_at_most)) end
  end
end

--- Comparisons joined by `and`, `or`: read from the right, as in all of Liquid; `a or b and c` is `a or (b and c)`, `a and b or c` is
-- `a and (b or c)`.
function reader_methods:expression()
  local first = self:compared()
  local kind, word = self:kind(), self.values[self.index]
  if kind ~= "name" or (word ~= "and" and word ~= "or") then return first end
  local terms, joins, n = { first }, {}, 1
  while self:kind() == "name" do
    word = self.values[self.index]
    if word ~= "and" and word ~= "or" then break end
    self.index = self.index + 1
    joins[n], n = word, n + 1
    terms[n] = self:compared()
  end
  return function(state)
    for index = 1, n - 1 do
      local value = terms[index](state)
      local holds = value ~= nil and value ~= false
      if holds ~= (joins[index] == "and") then return holds end
    end
    local value = terms[n](state)
    return value ~= nil and value ~= false
  end
end

local function apply(filter, source, arguments, named, position)
  local n = #arguments
  local run = filter.apply
  if n == 0 and not named then
    return function(state)
      local value = source(state)
      state.position = position
      return run(state, value)
    end
  elseif n == 1 and not named then
    local only = arguments[1]
    return function(state)
      local value, argument = source(state), only(state)
      state.position = position
      return run(state, value, argument)
    end
  end
  local first, second = arguments[1], arguments[2]
  return function(state)
    local value = source(state)
    local a, b = nil, nil
    if first then a = first(state) end
    if second then b = second(state) end
    local options
    if named then
      options = {}
      for name, argument in pairs(named) do options[name] = argument(state) end
    end
    state.position = position
    return run(state, value, a, b, options)
  end
end

local function miscounted(name, filter, given)
  local wanted = filter.least == filter.most and tostring(filter.most) or ("%d to %d"):format(filter.least, filter.most)
  return ("the filter '%s' takes %s argument%s, got %d"):format(name, wanted, filter.most == 1 and "" or "s", given)
end

function reader_methods:arguments(arguments)
  local named
  repeat
    if self:kind() == "name" and self.kinds[self.index + 1] == ":" then
      named = named or {}
      local name = self:accept "name"
      self:accept ":"
      named[name] = self:expression()
    else
      arguments[#arguments + 1] = self:expression()
    end
  until not self:accept ","
  return named
end

--- The filters that follow a value.
-- @tparam function source the compiled value
-- @treturn function the value with the filters applied
function reader_methods:filtered(source)
  local count = 0
  while self:accept "|" do
    count = count + 1
    if count > depth_at_most then self:fail(("more than %d filters in a row"):format(depth_at_most)) end
    local position = self:position()
    local name = self:expect("name", "of a filter after '|'")
    local filter = filters.named[name]
    if not filter then problem.raise(("unknown filter '%s'%s"):format(name, suggestion(name, filters.named)), position, "filter") end
    local arguments, named = {}, nil
    if self:accept ":" then named = self:arguments(arguments) end
    local given = #arguments
    if given < filter.least or given > filter.most then
      local message = miscounted(name, filter, given)
      local doubtful = self.template.doubtful
      doubtful[#doubtful + 1] = { message = message, position = position }
      source = function() problem.raise(message, position, "filter") end
    else
      source = apply(filter, source, arguments, named, position)
    end
  end
  return source
end

local function condition_of(text)
  local kinds, tokens, positions = lexer.tokens(text .. "}}", 1, "{{")
  local reader = expressions.reader({ paths = {}, own = {}, doubtful = {} }, kinds, tokens, positions)
  local condition = reader:expression()
  reader:finish "where_exp"
  return condition
end

-- `where_exp: "item", "item.price > 10"`: the elements for which the expression, itself a text, is true.
local function where_exp(state, value, name, text)
  if not values.is_list(value) or type(name) ~= "string" or type(text) ~= "string" then return value end
  work.charge(state, 1 + #text / 16)
  local ok, is_wanted = pcall(condition_of, text)
  if not ok and not problem.is(is_wanted) then error(is_wanted, 0) end
  if not ok then problem.raise("where_exp: " .. is_wanted.message) end
  local outer, chosen = state.locals, {}
  state.locals = setmetatable({}, { __index = outer })
  for index = 1, #value do
    local element = known(value[index])
    state.locals[name] = element == nil and nothing or element
    work.charge(state, 1 + #text / 16)
    local result = is_wanted(state)
    if result ~= nil and result ~= false then chosen[#chosen + 1] = element end
  end
  state.locals = outer
  return values.list(chosen)
end

filters.named.where_exp = { least = 2, most = 2, apply = where_exp }

return expressions
