--- An error as it reads when it is printed: one line that says what failed, and what became of the request.
local ascii = require "studio.base.ascii"

local one_line = ascii.one_line

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

--- What `tostring` gives of an error.
-- @tparam table err see `studio.base.errors`
-- @treturn string
return function(err)
  local parts = { "studio: ", err.kind or "error" }
  if err.status then parts[#parts + 1] = (" %d"):format(err.status) end
  if err.code then parts[#parts + 1] = (" (%s)"):format(ascii.text(err.code)) end
  parts[#parts + 1] = ": " .. one_line((err.message or "unknown failure") .. (first_problem(err) or ""))
  local notes = {}
  if err.method and err.url then notes[#notes + 1] = err.method .. " " .. one_line(err.url) end
  if err.request_id then notes[#notes + 1] = "request " .. one_line(err.request_id) end
  notes[#notes + 1] = fate(err)
  if err.attempts and err.attempts > 1 then notes[#notes + 1] = ("%d attempts"):format(err.attempts) end
  if #notes > 0 then parts[#parts + 1] = " [" .. table.concat(notes, ", ") .. "]" end
  return table.concat(parts)
end
