--- Raw requests: those that the library does not know.
local api = require "studio.api"
local call_options = require "studio.resource.call_options"
local core = require "studio.core"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"
local parameters = require "studio.resource.parameters"
require "studio.request.settle" -- each answer is settled there: it is at hand before a first request is sent

local misuse = errors.misuse

local request_options = { query = "table", form = "table", service = "string" }
for name, rule in pairs(call_options.known) do request_options[name] = rule end

local function check_request(method, path)
  if type(method) ~= "string" or not method:find("^[A-Z]+$") then misuse("the method must be a word in capitals, such as 'GET'") end
  if type(path) ~= "string" then misuse("the path must be a string, got %s", type(path)) end
  if path:sub(1, 1) ~= "/" then misuse("the path must begin with '/'") end
  if path:find("[%z\1-\32\"<>\\^`{|}#\127-\255]") then misuse("the path must be percent-encoded: it holds a character that no URL has") end
end

local function listed(given, what)
  local list = {}
  parameters.add_extra(list, given, what)
  return list
end

--- Sends any request, see `client:request` in `studio.client.methods`.
-- @tparam table caller
-- @tparam string method
-- @tparam string path
-- @tparam[opt] table options
return function(caller, method, path, options)
  check_request(method, path)
  local given = options_module.check(options, request_options)
  local service = given.service or "studio"
  if not api.services[service] or api.services[service].is_internal then
    misuse("option 'service' must be 'studio' or 'flex', got '%s'", service)
  end
  local has_body = method ~= "GET" and method ~= "HEAD" and method ~= "DELETE"
  if given.form and not has_body then misuse("option 'form': a %s request has none", method) end
  local query, form = listed(given.query, "query"), listed(given.form, "form")
  parameters.add_extra(has_body and form or query, given.extra, "options.extra")
  local options_of_call = call_options.complete(caller, given)
  local target = path
  if #query > 0 then target = path .. (path:find("?", 1, true) and "&" or "?") .. core.form(query) end
  return caller:perform({
    method = method, service = service, target = target, body = has_body and core.form(form) or nil, rule = "keep", whole = true,
  }, options_of_call)
end
