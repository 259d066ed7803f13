--- OAuth client credentials. A module of its own, for most programs have an auth token or an API key.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"
local redaction = require "studio.request.redaction"
local task_module = require "studio.waiting.task"
require "studio.request.settle" -- each token is settled there: it is at hand before a first one is asked for

local misuse = errors.misuse

-- Seconds before its expiry that an OAuth token is renewed.
local RENEW_EARLY = 60

-- So many tokens that others have taken the place of are still hidden: calls in flight carry them, and most are good for a minute more.
local MOST_FORMER = 4

-- Seconds that a token is good for, where neither the endpoint nor the token says.
local DEFAULT_LIFE = 3600

local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

-- Decodes base64url (RFC 4648 §5) without padding; nil for a text that is none.
local function from_base64url(text)
  if text:find("[^A-Za-z0-9%-_]") then return nil end
  local bytes, bits, count = {}, 0, 0
  for digit in text:gmatch(".") do
    bits, count = bits * 64 + digits:find(digit, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      local rest = bits % 2 ^ count
      bytes[#bytes + 1] = string.char(math.floor((bits - rest) / 2 ^ count))
      bits = rest
    end
  end
  return table.concat(bytes)
end

local function finite(value)
  if type(value) == "string" then value = ascii.number(value) end
  return type(value) == "number" and value > -math.huge and value < math.huge and value or nil
end

-- Seconds from the moment that a token, a JWT, was issued to the one at which it expires. Both are of the service's clock: their difference
-- is right whatever this machine's clock says, which counts only where the token does not tell when it was issued.
local function life_of_jwt(token)
  local payload = type(token) == "string" and token:match("^[^.]+%.([^.]+)%.[^.]*$")
  local text = payload and from_base64url(payload)
  local claims = text and core.decode(text)
  if type(claims) ~= "table" then return nil end
  local expires, issued = finite(claims.exp), finite(claims.iat)
  return expires and expires - (issued or os.time())
end

-- How many seconds a token is good for from the moment it came: what the endpoint says beside it (RFC 6749 §5.1), or what the token (a
-- JWT, RFC 7519) says itself. 0 or less for one that cannot be used again.
local function token_life(answer)
  return finite(answer.expires_in) or life_of_jwt(answer.access_token) or DEFAULT_LIFE
end

-- RFC 6750 §2.1 says what a bearer token is made of.
local function refuse_token(answer)
  local token = answer.access_token
  if type(token) ~= "string" or not token:find("^[A-Za-z0-9%-._~+/]+=*$") then return "the token endpoint gave no usable access_token" end
end

-- OAuth 2.0 client credentials (RFC 6749 §4.4): the token is fetched on first use and renewed early.
local function oauth_source(oauth)
  local token, expires, renewal
  local former = {}

  local function replace(by)
    if token then
      table.insert(former, 1, token)
      former[MOST_FORMER + 1] = nil
    end
    token = by
  end

  local function fetch(caller)
    local call = {
      method = "POST", service = "oauth", target = "/v2/token", rule = "resource", refuse = refuse_token,
      unauthenticated = true, secret_answer = true, is_repeatable = true,
      body = core.form {
        "grant_type", "client_credentials", "client_id", oauth.client_id, "client_secret", oauth.client_secret,
      },
    }
    local answer, err = caller:perform(call)
    -- In the child of a fork: the token that was being fetched is the parent's, and the child needs one of its own.
    if call.is_forked then answer, err = caller:perform(call) end
    if not answer then return nil, err end
    replace(answer.access_token)
    expires = core.now() + token_life(answer) - RENEW_EARLY
    return token
  end
  return {
    -- One fetch for all who wait: it runs in a task of its own, which neither the deadline nor the end of one of them stops.
    token = function(caller, deadline)
      if token and core.now() < expires then return token end
      local wait, refusal = caller.loop:choose_wait()
      if not wait then return nil, errors.new("context", refusal, { sent = false }) end
      if not renewal or renewal:done() then
        renewal = task_module.spawn(caller.loop, fetch, caller, nil, { weak = true })
        task_module.start(renewal)
      end
      local fetching = renewal
      local fetched, err = fetching:wait(deadline and deadline - core.now())
      if fetching:done() or err.kind ~= "timeout" then return fetched, err end
      return nil, errors.new("timeout", "the deadline passed before there was a token", { sent = false, retryable = true })
    end,
    token_at_hand = function() return token and core.now() < expires and token or nil end,
    -- The token that was refused is not used again; another may have been fetched meanwhile.
    forget = function(authorization)
      if token and authorization == "Bearer " .. token then replace(nil) end
      return true
    end,
    secrets = function()
      local all = { oauth.client_secret, token }
      for _, other in ipairs(former) do all[#all + 1] = other end
      return all
    end,
  }
end

--- The credentials of a client that has OAuth's.
-- @tparam table oauth `client_id` and `client_secret`
-- @tparam string|nil account_sid
-- @tparam function check_secret raises for a text that cannot be a secret
-- @treturn table see `studio.request.credentials`
local function from_oauth(oauth, account_sid, check_secret)
  oauth = options_module.check(oauth, { client_id = "string", client_secret = "string" }, "oauth.")
  for _, name in ipairs { "client_id", "client_secret" } do
    if not oauth[name] then misuse("option 'oauth' needs '%s': 'client_id' and 'client_secret' belong together", name) end
  end
  check_secret(oauth.client_id, "option 'oauth.client_id'")
  check_secret(oauth.client_secret, "option 'oauth.client_secret'")
  local source = oauth_source(oauth)
  return {
    names = { account_sid or oauth.client_id, oauth.client_id },
    words = function()
      return "OAuth token from option 'oauth'" .. (account_sid and ", client " .. redaction.shortened(oauth.client_id) or "")
    end,
    doubt = function() end,
    authorization = function(caller, deadline)
      local token, err = source.token(caller, deadline)
      if not token then return nil, err end
      return "Bearer " .. token
    end,
    authorization_at_hand = function()
      local token = source.token_at_hand()
      return token and "Bearer " .. token
    end,
    forget = source.forget,
    secrets = source.secrets,
  }
end

return { new = from_oauth, token_life = token_life }
