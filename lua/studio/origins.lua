--- Where the services are: scheme, host and port of each, and which URLs may be followed.
-- Credentials go to these origins alone. URLs are read by libcurl's own parser: another reading of a host could differ from
-- where a request would go.
local core = require "studio.core"
local errors = require "studio.errors"

local misuse = errors.misuse

local origins = {}

local products = { studio = "studio", flex = "flex-api", oauth = "oauth" }

-- The edge that Twilio documents for each processing region; the hosts that named a region alone are gone, but for us1's.
local region_edges = { us1 = false, ie1 = "dublin", au1 = "sydney" }

-- Once these names stood for both; what they stand for now.
local edge_of = {
  us1 = "ashburn", us2 = "umatilla", ie1 = "dublin", de1 = "frankfurt", au1 = "sydney", br1 = "sao-paulo", jp1 = "tokyo",
  sg1 = "singapore",
}
local region_of = { dublin = "ie1", sydney = "au1", tokyo = "jp1" }
for _, edge in pairs(edge_of) do region_of[edge] = region_of[edge] or "us1" end

-- What used to mean the nearest edge; without an edge that is so anyway.
local nearest = { roaming = true, gll = true }

-- Never regions: what was sent there was carried out in us1.
local only_edges = { us2 = true, de1 = true, br1 = true, sg1 = true }

-- How messages speak of an option: as one, or as the variable of the environment that it was taken from.
local function words_for(options, name)
  local variable = options.variables and options.variables[name]
  if not variable then
    return {
      subject = ("option '%s'"):format(name), name = ("'%s'"):format(name),
      write = function(other, value) return ("%s = '%s'"):format(other, value) end,
    }
  end
  return {
    subject = variable .. " in the environment", name = variable,
    write = function(other, value) return ("TWILIO_%s=%s"):format(other:upper(), value) end,
  }
end

local function check_label(value, name, words)
  if value and not value:find("^%l[%l%d]*%-?[%l%d]+$") then
    misuse("%s must be a short lower-case name such as '%s', got '%s'", words.subject, name == "region" and "ie1" or "dublin", value)
  end
end

local function check_nearest(value, words)
  if nearest[value] then
    misuse("%s: '%s' has no host of its own: leave %s out, requests find the nearest edge by themselves", words.subject, value, words.name)
  end
end

local function check_region(region, edge, words)
  if not region then return end
  check_label(region, "region", words)
  check_nearest(region, words)
  if region_of[region] then
    misuse("%s: '%s' is an edge: write %s", words.subject, region, words.write("region", region_of[region]))
  end
  if edge or region_edges[region] ~= nil then return end
  if only_edges[region] then
    misuse("%s: '%s' was the old name of an edge, and requests to it were carried out in us1: leave %s out, or write %s",
      words.subject, region, words.name, words.write("edge", edge_of[region]))
  end
  misuse("%s: the edge of '%s' is not known, and the hosts that named a region alone are gone: give 'edge' too, such as %s",
    words.subject, region, words.write("edge", edge_of[region] or "dublin"))
end

local function check_edge(edge, words)
  if not edge then return end
  check_label(edge, "edge", words)
  check_nearest(edge, words)
  if edge_of[edge] then misuse("%s: '%s' is the name of a region: write %s", words.subject, edge, words.write("edge", edge_of[edge])) end
end

-- Reads a host of Twilio's: product.twilio.com, product.region.twilio.com or product.edge.region.twilio.com.
local function labels_of(host)
  local prefix = host:gsub("%.$", ""):match("^([%w.-]+)%.twilio%.com$")
  if not prefix then return nil end
  local labels = {}
  for label in (prefix .. "."):gmatch("([^.]*)%.") do labels[#labels + 1] = label end
  if #labels == 2 then return labels[1], nil, labels[2] end
  return labels[1], labels[2], labels[3]
end

-- A host that names a region alone, where there is none any more.
local function refuse_retired(host, words)
  local product, edge, region = labels_of(host)
  if not region or edge or region == "us1" then return end
  local instead = ("leave %s out (the host is then %s.twilio.com)"):format(words.name, product)
  if region_edges[region] then
    instead = ("write %s instead (the host is then %s.%s.%s.twilio.com)")
      :format(words.write("region", region), product, region_edges[region], region)
  elseif not only_edges[region] and not nearest[region] then
    instead = ("give 'region' and 'edge' instead (the host is then %s.<edge>.%s.twilio.com)"):format(product, region)
  end
  misuse("%s: %s is retired: %s", words.subject, host, instead)
end

local function host_of(product, region, edge)
  if edge then return ("%s.%s.%s.twilio.com"):format(product, edge, region or "us1") end
  return product .. ".twilio.com"
end

local function same_origin(a, b)
  return a.scheme == b.scheme and a.host == b.host and a.port == b.port
end

local function text_of(origin)
  local default = origin.scheme == "https" and "443" or "80"
  local port = origin.port == default and "" or ":" .. origin.port
  return ("%s://%s%s"):format(origin.scheme, origin.host, port)
end

-- Reads a URL; the host in lower case, for names of hosts have no case. Gives nil and a message when it is none that we speak.
local function read(url)
  local parts, message = core.url(url)
  if not parts then return nil, message end
  if parts.scheme ~= "http" and parts.scheme ~= "https" then return nil, "only http and https are spoken" end
  if not parts.host or parts.host == "" or not parts.port then return nil, "it names no host" end
  if parts.user or parts.password then return nil, "it must not carry a user or password" end
  parts.host = parts.host:lower()
  return parts
end

local function from_base_url(base_url, words)
  if type(base_url) ~= "string" then misuse("%s must be a string, got %s", words.subject, type(base_url)) end
  if base_url:find("[%c ]") then misuse("%s must not hold spaces or control characters", words.subject) end
  -- libcurl forgives a third slash.
  if not base_url:find("^%a[%w+.-]*://[^/]") then misuse("%s must begin with http:// or https://", words.subject) end
  local parts, message = read(base_url)
  if not parts then misuse("%s is not usable: %s", words.subject, message) end
  if parts.query or parts.fragment or (parts.path and parts.path ~= "/") then
    misuse("%s must be scheme, host and port alone, without path or query", words.subject)
  end
  refuse_retired(parts.host, words)
  return parts
end

--- The origins of a client.
-- @tparam table options `region`, `edge`, `base_url`, and `variables`, option → the variable it was taken from; misuse raises
-- @treturn table service → `{ text, parts, canonical, canonical_text, problem }`; `problem` is an error message where the service
--   cannot be reached so
function origins.resolve(options)
  local region, edge = options.region, options.edge
  local region_words, edge_words = words_for(options, "region"), words_for(options, "edge")
  local base = options.base_url and from_base_url(options.base_url, words_for(options, "base_url"))
  if base then
    check_label(region, "region", region_words)
    check_label(edge, "edge", edge_words)
    -- Where the host is Twilio's it says which region this is.
    local _
    _, edge, region = labels_of(base.host)
  else
    check_region(region, edge, region_words)
    check_edge(edge, edge_words)
    edge = edge or region_edges[region] or nil
  end
  local resolved = {}
  for service, product in pairs(products) do
    local canonical = { scheme = "https", host = product .. ".twilio.com", port = "443" }
    local parts = base
    if not parts then
      -- Tokens are given out at one place for every region.
      local host = service == "oauth" and canonical.host or host_of(product, region, edge)
      parts = { scheme = "https", host = host, port = "443" }
    end
    resolved[service] = {
      text = text_of(parts), parts = parts, canonical = canonical, canonical_text = text_of(canonical),
    }
  end
  if region and region ~= "us1" then
    resolved.flex.problem = ("FlexFlows exist in region us1 only, this client is for %s"):format(region)
  end
  return resolved
end

--- What of a URL that an answer (or the program) gave may be asked for.
-- @tparam table origin an entry of `resolve`'s table
-- @tparam string url
-- @treturn string path and query, to be asked of the configured origin; or nil
-- @treturn string what is wrong: the URL is of another origin, or none
function origins.target(origin, url)
  if type(url) ~= "string" then return nil, "it is not a string" end
  local target = core.plain_target(origin.text, url) or core.plain_target(origin.canonical_text, url)
  if target then return target end
  if url:find("[%c \128-\255\\]") then return nil, "it holds a character that no URL has" end
  if not url:find("^%a[%w+.-]*://[^/]") then return nil, "it is not an absolute http or https URL" end
  local parts, message = read(url)
  if not parts then return nil, message end
  if not same_origin(parts, origin.parts) and not same_origin(parts, origin.canonical) then
    return nil, ("its origin %s is neither %s nor %s"):format(text_of(parts), origin.text, text_of(origin.canonical))
  end
  if not parts.path or parts.path:sub(1, 1) ~= "/" then return nil, "it has no path" end
  return parts.query and parts.path .. "?" .. parts.query or parts.path
end

return origins
