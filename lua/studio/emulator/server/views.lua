--- What the API shows of each record: the fields in order, as the reference lists them.
-- @module studio.emulator.server.views

local json = require "studio.emulator.server.json_writer"

-- Fills `{field}` of a path from the record.
local function fill(template, record)
  return (template:gsub("{([%w_]+)}", function(name)
    return tostring(record[name])
  end))
end

local function text(field, from)
  return { field, function(record)
    return json.text(record[from or field])
  end }
end

local function plain(write)
  return function(field)
    return { field, function(record)
      return write(record[field])
    end }
  end
end

local integer, boolean, raw, date = plain(json.integer), plain(json.boolean), plain(json.raw), plain(json.date)

local function null(field)
  return { field, function()
    return "null"
  end }
end

local function url(template)
  return { "url", function(record, origin)
    return json.text(origin .. fill(template, record))
  end }
end

local function links(template, targets)
  return { "links", function(record, origin)
    local base, out = origin .. fill(template, record), {}
    for i, target in ipairs(targets) do
      out[i] = json.text(target[1]) .. ":" .. json.text(base .. target[2])
    end
    return "{" .. table.concat(out, ",") .. "}"
  end }
end

-- Gives the function that writes a record for clients of one origin. From the second time on it keeps what it wrote until the record
-- changes: most records are written once, and in LuaJIT, whose hash of a text looks at a few bytes, many long texts that are alike make
-- each new one slower.
local function view(fields)
  local names = {}
  for i, field in ipairs(fields) do
    names[i] = (i == 1 and "{" or ",") .. json.text(field[1]) .. ":"
  end
  local function write(record, origin)
    local out = {}
    for i, field in ipairs(fields) do
      out[#out + 1] = names[i]
      out[#out + 1] = field[2](record, origin)
    end
    out[#out + 1] = "}"
    return table.concat(out)
  end
  return function(record, origin)
    local written = record.written
    if not written or written.origin ~= origin then
      written = { origin = origin }
      record.written = written
    end
    local body = written[fields] or write(record, origin)
    written[fields] = written[fields] ~= nil and body
    return body
  end
end

-- A view whose fields are named with words that stand for themselves.
local function expand(fields)
  for i, field in ipairs(fields) do
    if type(field) == "string" then
      fields[i] = text(field)
    end
  end
  return view(fields)
end

-- v1 and v2 executions and v1 engagements are one thing under three names.
local function execution(version, collection, context_name, newer)
  local path = "/" .. version .. "/Flows/{flow_sid}/" .. collection .. "/{sid}"
  local fields = {
    "sid", "account_sid", "flow_sid", "contact_sid", "contact_channel_address", raw "context", "status",
    date "date_created", date "date_updated", url(path),
    links(path, { { "steps", "/Steps" }, { context_name, "/Context" } }),
  }
  if newer then
    table.insert(fields, 6, integer "flow_version")
    table.insert(fields, 11, text "initiated_by")
  end
  return expand(fields)
end

local function context(version, collection, owner)
  return expand {
    "account_sid", raw "context", "flow_sid", text(owner, "sid"),
    url("/" .. version .. "/Flows/{flow_sid}/" .. collection .. "/{sid}/Context"),
  }
end

local function step(version, collection, owner)
  local path = "/" .. version .. "/Flows/{flow_sid}/" .. collection .. "/{execution_sid}/Steps/{sid}"
  return expand {
    "sid", "account_sid", "flow_sid", text(owner, "execution_sid"), "parent_step_sid", "name", raw "context",
    "transitioned_from", "transitioned_to", "type", date "date_created", date "date_updated",
    url(path), links(path, { { "step_context", "/Context" } }),
  }
end

local function step_context(version, collection, owner)
  return expand {
    "account_sid", raw "context", text(owner, "execution_sid"), "flow_sid", text("step_sid", "sid"),
    url("/" .. version .. "/Flows/{flow_sid}/" .. collection .. "/{execution_sid}/Steps/{sid}/Context"),
  }
end

-- In lists of flows and revisions the four fields that can be long are null.
local function flow(in_list)
  local full = { raw = in_list and null or raw, boolean = in_list and null or boolean }
  return expand {
    "sid", "account_sid", "author_sid", "friendly_name", full.raw "definition", "status", integer "revision", "commit_message",
    full.boolean "valid", full.raw "errors", full.raw "warnings", date "date_created", date "date_updated", "webhook_url",
    url "/v2/Flows/{sid}",
    links("/v2/Flows/{sid}", { { "test_users", "/TestUsers" }, { "revisions", "/Revisions" }, { "executions", "/Executions" } }),
  }
end

local function revision(in_list)
  local full = { raw = in_list and null or raw, boolean = in_list and null or boolean }
  return expand {
    text("sid", "flow_sid"), "account_sid", "author_sid", "friendly_name", full.raw "definition", "status", integer "revision",
    "commit_message", full.boolean "valid", full.raw "errors", date "date_created", date "date_updated",
    url "/v2/Flows/{flow_sid}/Revisions/{revision}",
  }
end

return {
  v1_flow = expand {
    "sid", "account_sid", "friendly_name", "status", integer "version", date "date_created", date "date_updated",
    url "/v1/Flows/{sid}",
    links("/v1/Flows/{sid}", { { "engagements", "/Engagements" }, { "executions", "/Executions" } }),
  },
  v1_engagement = execution("v1", "Engagements", "engagement_context"),
  v1_engagement_context = context("v1", "Engagements", "engagement_sid"),
  v1_step = step("v1", "Engagements", "engagement_sid"),
  v1_step_context = step_context("v1", "Engagements", "engagement_sid"),
  v1_execution = execution("v1", "Executions", "execution_context"),
  v1_execution_context = context("v1", "Executions", "execution_sid"),
  v1_execution_step = step("v1", "Executions", "execution_sid"),
  v1_execution_step_context = step_context("v1", "Executions", "execution_sid"),
  v2_flow = flow(),
  v2_flow_in_list = flow(true),
  v2_revision = revision(),
  v2_revision_in_list = revision(true),
  v2_validation = expand { boolean "valid" },
  v2_test_users = expand { "sid", raw "test_users", url "/v2/Flows/{sid}/TestUsers" },
  v2_execution = execution("v2", "Executions", "execution_context", true),
  v2_execution_context = context("v2", "Executions", "execution_sid"),
  v2_execution_step = step("v2", "Executions", "execution_sid"),
  v2_execution_step_context = step_context("v2", "Executions", "execution_sid"),
  flex_flow = expand {
    "account_sid", date "date_created", date "date_updated", "sid", "friendly_name", "chat_service_sid", "channel_type",
    "contact_identity", boolean "enabled", "integration_type", raw "integration", boolean "long_lived",
    boolean "janitor_enabled", url "/v1/FlexFlows/{sid}",
  },
}
