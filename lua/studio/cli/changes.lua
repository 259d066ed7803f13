--- More methods of a context, see `studio.cli.context`: what commands need that change something, or read files.
local failure = require "studio.cli.failure"
local text = require "studio.cli.text"

local changes = {}

local function unescaped(word)
  return (word:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The fields of a form, in its order.
local function fields_of(form)
  local fields = {}
  for name, value in form:gmatch "([^&=]+)=([^&]*)" do fields[#fields + 1] = { name = unescaped(name), value = unescaped(value) } end
  return fields
end

--- A client whose requests a function answers: nothing is sent.
-- @tparam function answer function(transport, request), as the option `transport` of `studio.new` has it
-- @treturn table
function changes:stand_in(answer)
  return self:client { retry = false, transport = { send = answer } }
end

--- Shows a request: its fields as the service would read them, no header.
-- @tparam table request `method`, `url`, `body`
function changes:show_request(request)
  local out, fields = self:out(), fields_of(request.body or "")
  if self.arguments.output then
    out:record({ method = request.method, url = request.url, form = fields }, { columns = { "method", "url", "form" } })
    return
  end
  out:write(("%s %s\n"):format(request.method, request.url))
  for _, field in ipairs(fields) do out:write(("  %s=%s\n"):format(field.name, text.printable(field.value))) end
end

--- Shows what a call would send, and sends nothing.
-- @tparam function call function(client), which makes one request
-- @treturn number 0; or nil and an error, where nothing would be sent
function changes:preview(call)
  local request
  local _, err = call(self:stand_in(function(_, seen)
    request = seen
    return nil, "not sent"
  end))
  if not request then return nil, err end
  self:show_request(request)
  self:note("nothing was sent: this is what would be")
  return 0
end

--- Asks before something is changed. `--yes` answers every question; where nobody can be asked the command fails.
-- @tparam string what words behind "This will ": `delete flow FW…`
-- @tparam[opt] table options `always` (boolean): ask whatever the profile says, for what cannot be undone or costs money; without it only
--   where the profile has `confirm = true`. `count`: a number to be typed where the profile has `confirm = true`
-- Raises a failure where the answer is no.
function changes:confirm(what, options)
  options = options or {}
  local arguments = self.arguments
  local profile = not arguments.emulator and self:profile()
  local is_guarded = profile and profile.confirm or false
  if arguments.yes or not (options.always or is_guarded) then return end
  local terminal = require "studio.cli.terminal" -- late: a question
  local sentence = ("this will %s%s"):format(what, is_guarded and (" (profile %s)"):format(profile.name) or "")
  if arguments.no_input or not terminal.can_ask() then
    error(failure.new(2, sentence .. ", and nobody can be asked", "--yes"), 0)
  end
  local due = is_guarded and options.count and tostring(options.count)
  io.stdout:flush()
  io.stderr:write(sentence:gsub("^t", "T"), due and (". Type %s to go on: "):format(due) or ". Go on? [y/N] ")
  local answer = (io.read "*l" or ""):match "^%s*(.-)%s*$"
  if due and answer ~= due or not due and answer ~= "y" and answer ~= "Y" and answer ~= "yes" then
    error(failure.new(1, "nothing was done"), 0)
  end
end

--- What a file, stdin or an argument holds: `@PATH` is the file's content, `-` or `@-` what comes from stdin.
-- @tparam string value
-- @tparam string name of the option or argument, for messages
-- @treturn string
function changes:read(value, name)
  local path = value == "-" and "-" or value:match "^@(.*)$"
  if not path then return value end
  return self:read_file(path, name)
end

--- The content of a file; `-` is stdin. Raises a failure where it cannot be read.
-- @tparam string path
-- @tparam string name of the option or argument, for messages
-- @treturn string
function changes:read_file(path, name)
  local file, problem
  if path == "-" then file = io.stdin else file, problem = io.open(path, "rb") end
  local content
  if file then
    content, problem = file:read "*a"
    if path ~= "-" then file:close() end
  end
  -- A folder can be opened, and gives nothing.
  if not content or problem then failure.usage("%s: %s cannot be read: %s", self.called, name, problem or "it is no file") end
  return content
end

--- The secret that a file holds, without the byte order mark and the blanks around it. Raises a failure as `read_file` does,
-- and for UTF-16, in which some editors write.
-- @tparam string path
-- @tparam string name of the option or argument, for messages
-- @treturn string
function changes:read_secret(path, name)
  local content = self:read_file(path, name)
  if text.is_utf16(content) then failure.usage("%s: %s is in UTF-16: write it in UTF-8", self.called, name) end
  return content:gsub("^\239\187\191", ""):match "^%s*(.-)%s*$"
end

return changes
