--- What can be done with Flex Flows.
-- @module studio.emulator.server.flex_flows

local errors = require "studio.emulator.server.errors"
local json = require "studio.emulator.server.json_writer"
local store = require "studio.emulator.server.store"

local flex_flows = {}
local account_sid

function flex_flows.configure(config)
  account_sid = config.account_sid
end

-- What an integration of each type is made of: parameter, field, how it is written, and its default or whether it must be given.
local retries = { "Integration.RetryCount", "retry_count", json.integer, 3 }
local creation = { "Integration.CreationOnMessage", "creation_on_message", json.boolean }
local integrations = {
  studio = { { "Integration.FlowSid", "flow_sid", json.text, must = true }, retries, creation },
  external = { { "Integration.Url", "url", json.text, must = true }, retries, creation },
  task = {
    { "Integration.WorkspaceSid", "workspace_sid", json.text, must = true },
    { "Integration.WorkflowSid", "workflow_sid", json.text, must = true },
    { "Integration.Channel", "channel", json.text, "default" },
    { "Integration.Timeout", "timeout", json.integer, 86400 },
    { "Integration.Priority", "priority", json.integer, 0 },
    creation,
  },
}

local function write_integration(kind, values)
  local out = {}
  for _, part in ipairs(integrations[kind] or {}) do
    local value = values[part[1]]
    if value == nil then
      value = part[4]
    end
    if value == nil and part.must then
      errors.refuse(400, 20001, ("Missing required parameter %s in the post body: IntegrationType is %s"):format(part[1], kind))
    elseif value ~= nil then
      out[#out + 1] = json.text(part[2]) .. ":" .. part[3](value)
    end
  end
  return kind and "{" .. table.concat(out, ",") .. "}"
end

local fields = {
  FriendlyName = "friendly_name", ChatServiceSid = "chat_service_sid", ChannelType = "channel_type",
  ContactIdentity = "contact_identity", Enabled = "enabled", IntegrationType = "integration_type",
  LongLived = "long_lived", JanitorEnabled = "janitor_enabled",
}

-- Writes parameters to a record; all are checked before the first is written.
local function apply(flex_flow, values)
  local merged = setmetatable(values, { __index = flex_flow.parameters })
  local integration = write_integration(merged.IntegrationType, merged)
  for name, value in pairs(values) do
    flex_flow.parameters[name] = value
    if fields[name] then
      flex_flow[fields[name]] = value
    end
  end
  flex_flow.integration = integration
  store.touch(flex_flow)
  return flex_flow
end

--- Makes a Flex Flow.
-- @tparam[opt] string sid of a seeded one
function flex_flows.create(_, values, _, sid)
  local flex_flow = {
    sid = sid or store.new_sid("FO"), account_sid = account_sid, date_created = ngx.time(), parameters = {},
    enabled = false, long_lived = false, janitor_enabled = false,
  }
  return store.add(store.flex_flows, apply(flex_flow, values))
end

function flex_flows.list(_, values)
  local name = values.FriendlyName
  return store.flex_flows, name and function(flex_flow)
    return flex_flow.friendly_name == name
  end
end

function flex_flows.fetch(found)
  return found.FlexFlow
end

function flex_flows.update(found, values)
  return apply(found.FlexFlow, values)
end

function flex_flows.delete(found)
  store.remove(store.flex_flows, found.FlexFlow)
end

--- Finds what `{FlexFlow}` of a path stands for.
flex_flows.resolvers = {
  FlexFlow = function(_, sid)
    return store.flex_flows.by_sid[sid]
  end,
}

return flex_flows
