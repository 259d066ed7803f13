--- Brings definitions to the service, and back to what they were: a program over the library.
-- @module studio.flow.deploy
require "studio" -- first: it says so where its module in C is for another Lua, or missing
local ascii = require "studio.base.ascii"
local errors = require "studio.base.errors"
local flow = require "studio.flow"
local json = require "studio.base.json"
local options_of = require("studio.base.options").check

local misuse = errors.misuse

-- What was written may be read a moment later only: seconds between the looks.
local DELAYS = { 0.1, 0.2, 0.4, 0.8, 1.5 }

local STATUSES = { draft = true, published = true }

local function check_client(client, name)
  errors.refuse_colon(client, package.loaded["studio.flow"], name)
  local is_client = pcall(function() return client.v2.flows end)
  if not is_client then misuse("the first argument must be a client, as studio.new gives it") end
end

-- A definition as a table, from a table or a text.
local function read(definition)
  if type(definition) == "table" then return definition end
  if type(definition) ~= "string" then misuse("the definition must be a table or JSON text, got %s", type(definition)) end
  local decoded, message = json.decode(definition)
  if type(decoded) ~= "table" then return nil, errors.argument("the definition is no JSON object%s", message and ": " .. message or "") end
  return decoded
end

-- Fails with the findings when some are errors.
local function pass(definition)
  local findings, count, first = flow.check(definition), 0, nil
  for _, finding in ipairs(findings) do
    if finding.level == "error" then
      count, first = count + 1, first or finding
    end
  end
  if not first then return true end
  local err = errors.argument("the definition has %s: %s", count == 1 and "an error" or count .. " errors", tostring(first))
  err.findings = findings
  return nil, err
end

-- Asks until there is an answer, and it is as it is wanted, or the time is over; gives what was answered last.
local function ask_until(client, ask, is_wanted)
  local found, err = ask()
  for _, delay in ipairs(DELAYS) do
    local is_missing = not found and err:is_not_found()
    if found and is_wanted(found) or not found and not is_missing then break end
    local slept, failure = client:sleep(delay)
    if not slept then return nil, failure end
    found, err = ask()
  end
  return found, err
end

local function is_there() return true end

-- A field of what may be a table, read raw as all of a definition is.
local function field(value, name)
  if type(value) == "table" then return rawget(value, name) end
end

-- Where each widget is on the canvas.
local function places(definition)
  local found, states = {}, field(definition, "states")
  local position, state = 1, field(states, 1)
  while state ~= nil do
    local name, offset = field(state, "name"), field(field(state, "properties"), "offset")
    if type(offset) == "table" and name then
      found[name] = ("%s %s"):format(ascii.text(field(offset, "x")), ascii.text(field(offset, "y")))
    end
    position = position + 1
    state = field(states, position)
  end
  return found
end

local function has_moved(old, new)
  local before, after = places(old), places(new)
  for name, place in pairs(after) do
    if before[name] ~= place then return true end
  end
  return false
end

local function is_unchanged(latest, wanted, changes)
  return #changes == 0 and latest.status == wanted.status
    and (wanted.friendly_name == nil or latest.friendly_name == wanted.friendly_name)
    and not (wanted.offsets and has_moved(latest.definition, wanted.definition))
end

-- What is sent to validate, create and update alike.
local function parameters_of(wanted, friendly_name)
  return {
    friendly_name = friendly_name, status = wanted.status, definition = wanted.text or wanted.definition,
    commit_message = wanted.commit_message,
  }
end

local function create(client, wanted)
  if not wanted.friendly_name then
    return nil, errors.argument "a new flow needs 'friendly_name'; one that is there needs its 'sid'"
  end
  local changes = flow.diff({}, wanted.definition)
  local parameters = parameters_of(wanted, wanted.friendly_name)
  local valid, err = client.v2.flows:validate(parameters)
  if not valid then return nil, err end
  local result = { action = "created", changes = changes }
  if wanted.dry_run then return result end
  local created
  created, err = client.v2.flows:create(parameters)
  if not created then return nil, err end
  result.flow = created
  local handle = client.v2.flows(created.sid)
  -- What the next program reads is there when this call returns; when it is not, it has been written all the same.
  ask_until(client, function() return handle:fetch() end, is_there)
  return result
end

local function update(client, wanted)
  local handle = client.v2.flows(wanted.sid)
  local function fetch() return handle:fetch() end
  local latest, err = ask_until(client, fetch, is_there)
  if not latest then return nil, err end
  local changes
  changes, err = flow.diff(latest.definition or {}, wanted.definition)
  if not changes then return nil, err end
  local result = { action = "unchanged", flow = latest, changes = changes, previous = latest.revision }
  if is_unchanged(latest, wanted, changes) then return result end
  result.action = "updated"
  local valid
  valid, err = client.v2.flows:validate(parameters_of(wanted, wanted.friendly_name or latest.friendly_name))
  if not valid then return nil, err end
  if wanted.dry_run then return result end
  local updated
  -- What has been read may still be missing where it is written; nothing has happened then.
  updated, err = ask_until(client, function() return handle:update(parameters_of(wanted, wanted.friendly_name)) end, is_there)
  if not updated then return nil, err end
  result.flow = updated
  ask_until(client, fetch, function(found) return (found.revision or 0) >= (updated.revision or 0) end)
  return result
end

local function boolean(value, name)
  if type(value) ~= "boolean" then misuse("option '%s' must be true or false, got %s", name, type(value)) end
  return value
end

local DEPLOY_OPTIONS = {
  sid = "string", friendly_name = "string", status = "string", commit_message = "string", dry_run = boolean, check = boolean,
  offsets = boolean,
}

local function deploy(client, definition, given)
  check_client(client, "flow.deploy")
  local wanted = options_of(given, DEPLOY_OPTIONS)
  wanted.status = wanted.status or "published"
  if not STATUSES[wanted.status] then return nil, errors.argument("status '%s' is neither 'draft' nor 'published'", wanted.status) end
  local decoded, err = read(definition)
  if not decoded then return nil, err end
  wanted.definition = decoded
  -- A text goes as it is.
  wanted.text = type(definition) == "string" and definition or nil
  if wanted.check ~= false then
    local passed
    passed, err = pass(decoded)
    if not passed then return nil, err end
  end
  return (wanted.sid and update or create)(client, wanted)
end

-- The number of the published revision before the present one; nil and an error when there is none.
local function published_before(revisions)
  local present, previous, last
  local page, err = revisions:page { page_size = 50 }
  while page do
    for _, revision in ipairs(page.items) do
      local number = revision.revision
      if revision.status == "published" and number then
        if not present or number > present then
          present, previous = number, present
        elseif not previous or number > previous then
          previous = number
        end
      end
      last = number
    end
    -- The newest come first; where they do not, all are looked at.
    if previous and last and last < previous then break end
    page, err = page:next()
  end
  if err then return nil, err end
  if not present then return nil, errors.argument "no revision of the flow is published" end
  if not previous then return nil, errors.argument("no published revision comes before %d", present) end
  return previous
end

local function rollback(client, sid, given)
  check_client(client, "flow.rollback")
  local function revision(value, name)
    if type(value) ~= "number" or value < 1 or value % 1 ~= 0 then misuse("option '%s' must be the number of a revision", name) end
    return value
  end
  local options = options_of(given, { to = revision, dry_run = boolean, commit_message = "string" })
  local revisions = client.v2.flows(sid).revisions
  local number, err = options.to, nil
  if not number then number, err = published_before(revisions) end
  if not number then return nil, err end
  local former
  former, err = ask_until(client, function() return revisions(number):fetch() end, is_there)
  if not former then return nil, err end
  return deploy(client, former.definition, {
    -- It was accepted once, and the service is asked again.
    sid = sid, check = false, status = "published", dry_run = options.dry_run,
    commit_message = options.commit_message or ("Back to revision %d"):format(number),
  })
end

return { deploy = deploy, rollback = rollback }
