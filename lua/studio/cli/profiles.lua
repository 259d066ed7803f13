--- The file of profiles: accounts by name. It holds secrets, so it is read only where its owner alone can read it.
--
--     current = staging
--
--     [production]
--     account_sid = ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
--     auth_token = …
--     confirm = true
local core = require "studio.core"
local failure = require "studio.cli.failure"
local files = require "studio.cli.files"
local text = require "studio.cli.text"

local profiles = {}

-- What a profile may hold.
local known = {
  account_sid = "text", auth_token = "text", api_key = "text", api_secret = "text", region = "text", edge = "text", base_url = "text",
  confirm = "boolean",
}

-- In the order in which they are written.
local order = { "account_sid", "auth_token", "api_key", "api_secret", "region", "edge", "base_url", "confirm" }

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

--- Where the profiles are: STUDIO_PROFILES, or `studio/profiles` in the folder for configuration.
-- @treturn string|nil a path; nil where there is no HOME
function profiles.path()
  local path = environment "STUDIO_PROFILES"
  if path then return path end
  local folder = environment "XDG_CONFIG_HOME"
  if not folder and environment "HOME" then folder = environment "HOME" .. "/.config" end
  return folder and folder .. "/studio/profiles"
end

local function broken(path, number, message)
  error(failure.new(4, ("%s:%d: %s"):format(path, number, message), "mend the line, or 'studio profiles add' writes the profile anew"), 0)
end

-- Reads a line `name = value` into a profile.
local function take(profile, name, value, path, number)
  local kind = known[name]
  if not kind then
    broken(path, number, ("a profile has no '%s'%s"):format(name, require "studio.base.suggest"(name, order, "fields"))) -- late: a slip
  elseif kind == "boolean" then
    if value ~= "true" and value ~= "false" then broken(path, number, ("'%s' is true or false"):format(name)) end
    value = value == "true"
  elseif value == "" then
    broken(path, number, ("'%s' has no value"):format(name))
  end
  profile[name] = value
end

local function parse(content, path)
  local found, profile, number = { list = {} }, nil, 0
  for line in (content .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    local title = line:match "^%s*%[%s*([^%]]-)%s*%]%s*$"
    local name, value = line:match "^%s*([%w_]+)%s*=%s*(.-)%s*$"
    if title then
      if not title:find "^[%w_.-]+$" then broken(path, number, "the name of a profile is of letters, digits and . _ -") end
      if found[title] then broken(path, number, ("there are two profiles '%s'"):format(title)) end
      profile = { name = title }
      found[title] = profile
      found.list[#found.list + 1] = profile
    elseif name and profile then
      take(profile, name, value, path, number)
    elseif name == "current" then
      found.current = value
    elseif not line:find "^%s*$" and not line:find "^%s*[#;]" then
      broken(path, number, "this is neither [NAME] nor NAME = VALUE")
    end
  end
  return found
end

--- Reads the file.
-- @treturn table `list`, an array of profiles, each with its `name`; `current`, a name; and each profile by its name. Nothing where there
--   is no file. Raises a failure where others may read the file, or it is broken.
function profiles.read()
  local path = profiles.path()
  local file = path and io.open(path, "rb")
  if not file then return { list = {} } end
  local content, problem = file:read "*a"
  file:close()
  if not content then error(failure.new(4, ("%s cannot be read: %s"):format(path, problem)), 0) end
  local mode, is_mine = core.file_mode(path)
  if mode and (mode % 64 ~= 0 or not is_mine) then
    local why = is_mine and ("others may read or change it (mode %04o)"):format(mode) or "it belongs to somebody else"
    error(failure.new(4, ("%s holds secrets, and %s"):format(path, why), ("chmod 600 %s"):format(path)), 0)
  end
  if text.is_utf16(content) then error(failure.new(4, ("%s is in UTF-16: write it in UTF-8"):format(path)), 0) end
  return parse(content:gsub("^\239\187\191", ""), path) -- a byte order mark, as some editors write it
end

--- Finds the profile to use.
-- @tparam[opt] string name the current one unless given
-- @treturn table|nil a profile; nil where none is current. Raises a failure where there is none of that name.
function profiles.find(name)
  local all = profiles.read()
  local wanted = name or all.current
  if not wanted then return nil end
  for _, profile in ipairs(all.list) do
    if profile.name == wanted then return profile end
  end
  local names = {}
  for index, profile in ipairs(all.list) do names[index] = profile.name end
  local suggest = require "studio.base.suggest" -- late: a slip
  error(failure.new(4, ("there is no profile '%s'%s"):format(wanted, suggest(wanted, names, "profiles")), "studio profiles list"), 0)
end

--- The options of `studio.new` that a profile stands for.
-- @tparam table profile
-- @treturn table
function profiles.client_options(profile)
  local options = {}
  for name, kind in pairs(known) do
    if kind == "text" then options[name] = profile[name] end
  end
  return options
end

--- Whether a name is one that a profile may have.
-- @tparam string name
-- @treturn boolean
function profiles.is_name(name) return name:find "^[%w_.-]+$" ~= nil and name ~= "list" and name ~= "current" end

local function written(all)
  local lines = { "# Profiles of the command studio. Only their owner may read this file." }
  if all.current then lines[#lines + 1] = "current = " .. all.current end
  for _, profile in ipairs(all.list) do
    lines[#lines + 1] = ""
    lines[#lines + 1] = ("[%s]"):format(profile.name)
    for _, name in ipairs(order) do
      if profile[name] ~= nil then lines[#lines + 1] = ("%s = %s"):format(name, tostring(profile[name])) end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Writes the file.
-- @tparam table all as `read` gives it
function profiles.write(all)
  local path = profiles.path()
  if not path then error(failure.new(1, "there is no place for profiles: neither HOME nor STUDIO_PROFILES is set"), 0) end
  files.replace(path, written(all), function(beside)
    if core.make_private(beside) then return true end
    os.execute("mkdir -p " .. files.quote(path:match "^(.*)/[^/]*$" or "."))
    return core.make_private(beside)
  end)
end

return profiles
