--- What an error object does, beside having fields: see `studio.base.errors`. A module of its own, for most programs meet no error.

-- Not at once: `studio.base.errors` needs this module, and a program may take the global away.
local require = require

local methods = {}
local metatable = { __name = "studio.error", __index = methods }

-- A message may hold what a server wrote: it must stay one line on a terminal and in a log. U+0080 to U+009F (in UTF-8) are
-- control characters too, U+2028 and U+2029 end a line.
local function one_line(text)
  return (tostring(text):gsub("%c+", " "):gsub("\194[\128-\159]", " "):gsub("\226\128[\168\169]", " "))
end

-- Of what is wrong with a definition the first thing, and how many more there are.
local function first_problem(err)
  local problems = err.code == 81022 and err:validation_errors() or {}
  local first = problems[1]
  if type(first) ~= "table" or type(first.message) ~= "string" then return nil end
  local place = type(first.property_path) == "string" and first.property_path .. ": " or ""
  return (": %s%s%s"):format(place, first.message, #problems > 1 and (" (and %d more)"):format(#problems - 1) or "")
end

-- Whether a request that got no answer has done its work is what its sender has to know.
local function fate(err)
  if err.kind ~= "transport" and err.kind ~= "timeout" then return nil end
  if err.sent == false then return "not sent" end
  if err.sent == nil and err.method == "POST" then return "may have been carried out" end
end

function metatable:__tostring()
  local parts = { "studio: ", self.kind or "error" }
  if self.status then parts[#parts + 1] = (" %d"):format(self.status) end
  if self.code then parts[#parts + 1] = (" (%s)"):format(tostring(self.code)) end
  parts[#parts + 1] = ": " .. one_line((self.message or "unknown failure") .. (first_problem(self) or ""))
  local notes = {}
  if self.method and self.url then notes[#notes + 1] = self.method .. " " .. one_line(self.url) end
  if self.request_id then notes[#notes + 1] = "request " .. one_line(self.request_id) end
  notes[#notes + 1] = fate(self)
  if self.attempts and self.attempts > 1 then notes[#notes + 1] = ("%d attempts"):format(self.attempts) end
  if #notes > 0 then parts[#parts + 1] = " [" .. table.concat(notes, ", ") .. "]" end
  return table.concat(parts)
end

-- So that `"it failed: " .. err` says what failed.
function metatable.__concat(left, right)
  return tostring(left) .. tostring(right)
end

-- With a dot for the colon the first argument is the program's, or nothing.
local function check_self(err, name)
  if getmetatable(err) ~= metatable then require("studio.base.errors").misuse("call '%s' with a colon, not with a dot", name) end
end

--- Whether the contact already has an active Execution (HTTP 409, code 20409).
-- @treturn boolean
function methods:is_conflict()
  check_self(self, "is_conflict")
  return self.status == 409 or self.code == 20409
end

--- Whether what was asked for does not exist (HTTP 404, code 20404).
-- @treturn boolean
function methods:is_not_found()
  check_self(self, "is_not_found")
  return self.status == 404 or self.code == 20404
end

--- Whether the service refused because of too many requests (HTTP 429, code 20429).
-- @treturn boolean
function methods:is_rate_limited()
  check_self(self, "is_rate_limited")
  return self.status == 429 or self.code == 20429
end

--- What is wrong with a flow definition (code 81022): the list in `details`, be it `details` itself or `details.errors`.
-- @treturn {table,...} as the service wrote them; empty when there are none
function methods:validation_errors()
  check_self(self, "validation_errors")
  local details = self.details
  if type(details) ~= "table" then return {} end
  local list = type(details.errors) == "table" and details.errors or details
  return list[1] ~= nil and list or {}
end

return { metatable = metatable, one_line = one_line }
