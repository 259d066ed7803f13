--- What is said where an object is asked for a name that it does not have, or called where it is no function.
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"

local names = {}

--- Whether a name is a slip of the program's. Keys that Lua code asks any table for are none: names of metamethods, other names that begin
-- with an underscore, `n`, and keys that are no names.
-- @param name
-- @treturn boolean
function names.is_slip(name)
  return type(name) == "string" and name:find("^[A-Za-z][A-Za-z0-9_]+$") ~= nil
end

--- The names of a table, by their bytes.
-- @tparam table set name → anything
-- @treturn {string,...}
function names.sorted(set)
  local found = {}
  for name in next, set do
    if type(name) == "string" then found[#found + 1] = name end
  end
  ascii.sort(found)
  return found
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list or {}) do set[name] = true end
  return set
end

local function refuse(methods, what, settings, name)
  local hidden, elsewhere, known = set_of(settings.hidden), settings.elsewhere or {}, {}
  for _, source in ipairs { methods, set_of(settings.fields), settings.doors or {}, elsewhere } do
    for other in next, source do
      if not hidden[other] then known[other] = true end
    end
  end
  local hint, near = require "studio.base.suggest"(name, names.sorted(known), "names") -- late: a slip
  if settings.near and not near then return nil end
  errors.misuse("%s has no '%s'%s", what, name, elsewhere[name] and ": " .. elsewhere[name] or hint)
end

--- Makes a table of methods, or a module, raise where it is asked for a name that it does not have.
-- @tparam table methods what is looked through first; it gets a metatable
-- @tparam string what words for the object, such as `"the page"`
-- @tparam[opt] table settings `doors`: name → a function that gives its value when it is first asked for; `fields`: names that an object
--   may have, and may lack; `hidden`: names that are nil where they are missing, and that no message tells; `elsewhere`: name → words that
--   say where it is; `number`: what to say of a number as the key; `call`: what to say of a call; `near`: whether a name is refused only
--   where it is nearly one of those there are, as it is where fields come and go
-- @treturn table methods
function names.guard(methods, what, settings)
  settings = settings or {}
  local doors, may_lack = settings.doors or {}, set_of(settings.hidden)
  for _, name in ipairs(settings.fields or {}) do may_lack[name] = true end
  return setmetatable(methods, {
    __call = settings.call and names.refuse_call(settings.call),
    __index = function(_, name)
      if may_lack[name] then return nil end
      local door = doors[name]
      if door then
        local value = door()
        rawset(methods, name, value)
        return value
      end
      if type(name) == "number" and settings.number then errors.misuse("%s", settings.number) end
      if names.is_slip(name) then return refuse(methods, what, settings, name) end
    end,
  })
end

-- Of an error programs may ask what they do not know, but a name that is nearly one of its own is a slip. Here, for the file of errors
-- cannot require this one.
names.guard(errors.metatable.__index, "the error", {
  fields = {
    "kind", "message", "status", "code", "more_info", "details", "request_id", "retry_after", "method", "url", "attempts", "retryable",
    "sent", "body", "findings", "summary", "ended",
  },
  hidden = { "stale", "hint", "is_told" }, near = true,
})

--- A `__call` that raises, for what looks like a function or an iterator and is none.
-- @tparam string message
-- @treturn function
function names.refuse_call(message)
  return function() errors.misuse("%s", message) end
end

return names
