--- Where the services are: scheme, host and port of each. Credentials go to these origins alone.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local errors = require "studio.base.errors"
local options_module = require "studio.base.options"

local misuse = errors.misuse

local origins = {}

-- late: most clients have neither a region nor a host of Twilio's own as base_url.
local function regions() return require "studio.request.regions" end

local function host_of(product, region, edge)
  if edge then return ("%s.%s.%s.twilio.com"):format(product, edge, region or "us1") end
  return product .. ".twilio.com"
end

--- An origin as URLs begin with it.
-- @tparam table origin `scheme`, `host`, `port`
-- @treturn string
function origins.text_of(origin)
  local default = origin.scheme == "https" and "443" or "80"
  local port = origin.port == default and "" or ":" .. origin.port
  return ("%s://%s%s"):format(origin.scheme, origin.host, port)
end

--- Reads a URL, by libcurl's own parser: another reading of a host could differ from where a request would go.
-- @tparam string url
-- @treturn table `scheme`, `host` (in lower case, for names of hosts have no case), `port`, `path`, `query`, `fragment`; or nil
-- @treturn string what is wrong: it is none that we speak
function origins.read(url)
  local parts, message = core.url(url)
  if not parts then return nil, message end
  if parts.scheme ~= "http" and parts.scheme ~= "https" then return nil, "only http and https are spoken" end
  if not parts.host or parts.host == "" or not parts.port then return nil, "it names no host" end
  if parts.user or parts.password then return nil, "it must not carry a user or password" end
  parts.host = ascii.lower(parts.host)
  return parts
end

local function refuse_base_url(options, message, ...)
  misuse("%s " .. message, options_module.place(options, "base_url"), ...)
end

local function is_twilios(host)
  return host:find("%.twilio%.com%.?$") ~= nil
end

local function from_base_url(options)
  local base_url = options.base_url
  if type(base_url) ~= "string" then refuse_base_url(options, "must be a string, got %s", type(base_url)) end
  if base_url:find("[%z\1-\32\127]") then refuse_base_url(options, "must not hold spaces or control characters") end
  if base_url:find("[\128-\255]") then
    refuse_base_url(options, "must not hold letters beyond ASCII: an international name is written as xn--...")
  end
  -- libcurl forgives a third slash.
  if not base_url:find("^[A-Za-z][A-Za-z0-9+.-]*://[^/]") then refuse_base_url(options, "must begin with http:// or https://") end
  local parts, message = origins.read(base_url)
  if not parts then refuse_base_url(options, "is not usable: %s", message) end
  if parts.query or parts.fragment or (parts.path and parts.path ~= "/") then
    refuse_base_url(options, "must be scheme, host and port alone, without path or query")
  end
  if is_twilios(parts.host) then
    if parts.scheme ~= "https" then refuse_base_url(options, "must begin with https://: Twilio takes no credentials over http") end
    regions().refuse_retired(parts.host, options)
  end
  return parts
end

-- Which option or variable says where the services are; nil where none does.
local function source_of(options)
  local name = options.base_url and "base_url" or options.region and "region" or options.edge and "edge"
  return name and options_module.place(options, name)
end

--- The origins of a client.
-- @tparam table options `region`, `edge`, `base_url`, and `variables`, option → the variable it was taken from; misuse raises
-- @tparam table services name → `{ product }`, see `studio.api`
-- @treturn table service → `{ text, parts, canonical, canonical_text, region, source, problem }`; `region` where the host is Twilio's;
--   `source` is the option or variable that says so; `problem` is an error message where the service cannot be reached so
function origins.resolve(options, services)
  local region, edge = options.region, options.edge
  local base = options.base_url and from_base_url(options)
  if base then
    if region or edge then regions().check_names(options) end
    -- Where the host is Twilio's it says which region this is.
    local _
    edge, region = nil, nil
    if is_twilios(base.host) then _, edge, region = regions().labels_of(base.host) end
  elseif region or edge then
    edge = regions().check(options)
  end
  local resolved, source = {}, source_of(options)
  for service, declared in pairs(services) do
    local product = declared.product
    local canonical = { scheme = "https", host = product .. ".twilio.com", port = "443" }
    local parts = base
    if not parts then
      -- Tokens are given out at one place for every region.
      local host = service == "oauth" and canonical.host or host_of(product, region, edge)
      parts = { scheme = "https", host = host, port = "443" }
    end
    resolved[service] = {
      text = origins.text_of(parts), parts = parts, canonical = canonical, canonical_text = origins.text_of(canonical),
      region = is_twilios(parts.host) and (region or "us1") or nil, source = parts ~= canonical and source or nil,
    }
  end
  if region and region ~= "us1" then
    resolved.flex.problem = ("FlexFlows exist in region us1 only, this client is for %s"):format(region)
  end
  return resolved
end

--- Where a service is, in words for messages, and which variable of the environment says so: an option the program sees itself.
-- @tparam table origin an entry of `resolve`'s table
-- @treturn string
function origins.words(origin)
  local words = origin.region and ("%s, region %s"):format(origin.text, origin.region) or origin.text
  return origin.source and not origin.source:find("^option") and ("%s, from %s"):format(words, origin.source) or words
end

return origins
