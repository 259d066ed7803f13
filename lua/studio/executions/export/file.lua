--- The file that an export writes, and the state file beside it, which tells how much of it is good.
--
-- From time to time the file is written to its end, and then the state: how many bytes there are, and of which records. What a kill leaves
-- behind them is cut off when the export is begun again, so no line is torn, doubled or missing. The state takes the place of the
-- one before in one step.
local core = require "studio.core"
local errors = require "studio.base.errors"
local json = require "studio.base.json"

local now = core.now

-- Seconds between two states.
local INTERVAL = 0.25
-- Bytes that are written at once.
local BUFFER = 65536

local file_methods = {}
local file_mt = { __index = file_methods }

local function problem(words, path, message)
  -- The io library puts the path before what the system says.
  local text = tostring(message)
  if text:sub(1, #path + 2) == path .. ": " then text = text:sub(#path + 3) end
  return errors.argument("%s '%s': %s", words, path, text)
end

-- The state that is there: nil and nil where there is none.
local function read_state(path)
  local file, message, code = io.open(path, "rb")
  if not file then
    local ENOENT = 2
    if code == ENOENT then return nil end
    return nil, problem("cannot read", path, message)
  end
  local text = file:read "*a"
  file:close()
  local state = text and json.decode(text)
  if type(state) ~= "table" or type(state.bytes) ~= "number" or type(state.of) ~= "table" then
    return nil, errors.argument("'%s' is no state of an export: remove it, or give resume = false", path)
  end
  return state
end

-- Whether two exports are the same; or nil and the name of what differs.
local function compare(one, other)
  for _, names in ipairs { one, other } do
    for name in pairs(names) do
      if one[name] ~= other[name] then return nil, name end
    end
  end
  return true
end

local function write_state(self, state)
  local new = self.state_path .. ".new"
  local file, message = io.open(new, "wb")
  if not file then return nil, problem("cannot write", new, message) end
  local ok
  ok, message = file:write(json.encode(state, true), "\n")
  if ok then ok, message = file:close() else file:close() end
  if not ok then
    os.remove(new)
    return nil, problem("cannot write", new, message)
  end
  ok, message = os.rename(new, self.state_path)
  if not ok then
    -- Windows replaces no file.
    os.remove(self.state_path)
    ok, message = os.rename(new, self.state_path)
  end
  if not ok then return nil, problem("cannot write", self.state_path, message) end
  self.state = state
  return true
end

-- Finds where to go on: what the state tells, where it is of the same export, or the beginning.
local function find_state(self, of)
  local state, err = read_state(self.state_path)
  if not state then return nil, err end
  local size
  size, err = self.held:size()
  if not size then return nil, problem("cannot read", self.path, err) end
  if size == 0 then return nil end -- it was removed, and a new one begins
  local same, name = compare(state.of, of)
  if not same then
    return nil, errors.argument("'%s' is of an export with another '%s': give another 'out', or resume = false", self.state_path, name)
  end
  if size < state.bytes then
    return nil, errors.argument("'%s' is shorter than its state says: give another 'out', or resume = false", self.path)
  end
  return state
end

local function begin(self, of, resume)
  local state, err
  if resume then
    state, err = find_state(self, of)
    if err then return nil, err end
  end
  local start = state or { version = 1, of = of, bytes = 0, executions = 0, steps = 0 }
  -- A device cannot be cut, and need not be.
  local size = self.held:size()
  if size ~= start.bytes then
    local cut
    cut, err = self.held:truncate(start.bytes)
    if not cut then return nil, problem("cannot write", self.path, err) end
  end
  self.was_begun = state ~= nil
  self.bytes, self.written = start.bytes, start.bytes
  return write_state(self, start)
end

--- Opens the file of an export, where an earlier call of the same export stopped.
-- @tparam string path
-- @tparam table of what the export is: text, number or boolean by name
-- @tparam boolean resume whether to go on; else it begins anew
-- @treturn table with `bytes`, `state` (`executions`, `steps` and what `save` was given) and `was_begun`; or nil and an error
local function open(path, of, resume)
  local held, message = core.hold(path)
  if not held then return nil, problem("cannot write", path, message) end
  local self = setmetatable({
    path = path, state_path = path .. ".state", held = held, due = now() + INTERVAL,
    -- What was added and is not in the file yet.
    texts = {}, count = 0, buffered = 0,
  }, file_mt)
  local ok, err = begin(self, of, resume)
  if ok then return self end
  held:close()
  return nil, err
end

-- Something was not written, or a part of it: nothing more is.
local function refuse(self, message)
  self.failure = self.failure or problem("cannot write", self.path, message)
  return nil, self.failure
end

local function flush(self)
  if self.count == 0 then return true end
  local ok, message = self.held:write(self.texts, self.count)
  if not ok then return refuse(self, message) end
  self.count, self.buffered, self.written = 0, 0, self.bytes
  return true
end

--- Adds a text and ends its last line.
-- @treturn boolean true; or nil and an error
function file_methods:write(text)
  local texts, count = self.texts, self.count
  texts[count + 1], texts[count + 2] = text, "\n"
  self.count, self.buffered, self.bytes = count + 2, self.buffered + #text + 1, self.bytes + #text + 1
  if self.buffered < BUFFER then return true end
  return flush(self)
end

--- Whether it is time to save.
-- @treturn boolean
function file_methods:is_due()
  return now() >= self.due
end

--- Writes all to the file, and the state.
-- @tparam table state `executions`, `steps` and where to go on
-- @treturn boolean true; or nil and an error
function file_methods:save(state)
  if self.failure then return nil, self.failure end
  self.due = now() + INTERVAL
  local ok, err = flush(self)
  if not ok then return nil, err end
  state.version, state.of, state.bytes = 1, self.state.of, self.bytes
  return write_state(self, state)
end

--- Visits each line between two places of the file.
-- @tparam integer first byte, counted from 0
-- @tparam integer last the byte behind the last
-- @tparam function visit
-- @treturn boolean true; or nil and an error
function file_methods:read_lines(first, last, visit)
  local file, message = io.open(self.path, "rb")
  if not file then return nil, problem("cannot read", self.path, message) end
  file:seek("set", first)
  local at = first
  while at < last do
    local line = file:read "*l"
    if not line then break end
    at = at + #line + 1
    visit(line)
  end
  file:close()
  return true
end

--- Ends the export: all is written, and no state stays.
-- @treturn boolean true; or nil and an error
function file_methods:finish()
  local ok, err = flush(self)
  if not ok then return nil, err end
  os.remove(self.state_path)
  self.is_finished = true
  return true
end

--- Lets go of the file. Of an export that did not finish whole lines stay, and the state, unless nothing was written.
function file_methods:close()
  if not self.is_finished then
    self.held:truncate(self.written)
    if self.written == 0 then os.remove(self.state_path) end
  end
  self.held:close()
end

return { open = open }
