--- Who may call: HTTP Basic with the token or an API key, or a token of the OAuth endpoint.
-- @module studio.emulator.server.auth

local errors = require "studio.emulator.server.errors"
local form = require "studio.emulator.server.form"
local json = require "studio.emulator.server.json_writer"
local store = require "studio.emulator.server.store"

local config
local tokens

local function configure(given)
  config = given
end

--- Forgets the tokens that were given out.
local function reset()
  tokens = {}
end

local function read_basic(text)
  return (ngx.decode_base64(text) or ""):match("^([^:]*):(.*)$")
end

local function check_basic(text)
  local user, password = read_basic(text)
  return user == config.account_sid and password == config.auth_token
    or user == config.api_key and password == config.api_secret
end

local function check_bearer(token)
  local expires = tokens[token]
  return expires and expires > ngx.now()
end

local function is_customer(authorization)
  local scheme, text = (authorization or ""):match("^(%S+) +(%S+)$")
  scheme = scheme and scheme:lower()
  return scheme == "basic" and check_basic(text) or scheme == "bearer" and check_bearer(text)
end

local function is_owner(authorization)
  local scheme, text = (authorization or ""):match("^(%S+) +(%S+)$")
  scheme = scheme and scheme:lower()
  if scheme == "bearer" then return text == config.control_token end
  if scheme ~= "basic" then return false end
  local user, password = read_basic(text)
  return user == config.account_sid and password == config.control_token
end

--- Refuses a request without good credentials.
local function check(request)
  if not is_customer(request.authorization) then errors.refuse(401, 20003, "Authenticate") end
end

--- Refuses a request to the emulator itself that does not come from whoever started it.
local function check_control(request)
  if not is_owner(request.authorization) then errors.refuse(401, 20003, "Authenticate") end
end

--- Whether a header `Authorization` is of somebody who may do anything here.
local function knows(authorization)
  return is_customer(authorization) or is_owner(authorization)
end

--- The OAuth token endpoint: the grant of client credentials.
local function grant(request)
  if request.method ~= "POST" then
    errors.refuse(405, 20004, "Method not allowed")
  end
  local fields = form.parse(request.body)
  local function field(name)
    return fields[name] and fields[name][1]
  end
  if field("grant_type") ~= "client_credentials" then
    errors.refuse(400, 20001, "Invalid parameter grant_type: must be client_credentials")
  end
  if field("client_id") ~= config.client_id or field("client_secret") ~= config.client_secret then
    errors.refuse(401, 20003, "Authenticate")
  end
  local token = store.new_sid("emulator-token-")
  tokens[token] = ngx.now() + config.token_lifetime
  return '{"access_token":' .. json.text(token) .. ',"token_type":"Bearer","expires_in":'
    .. json.integer(config.token_lifetime) .. "}"
end

return { configure = configure, reset = reset, check = check, check_control = check_control, knows = knows, grant = grant }
