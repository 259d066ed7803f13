--- The proxy of a client. It is read and checked here, and libcurl is told of it or that there is none: libcurl's own words about a proxy
-- that it cannot read show parts of its password.
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local userinfo = require "studio.base.userinfo"

local unescape = userinfo.unescape

local proxy = {}

local schemes = { http = true, https = true, socks4 = true, socks4a = true, socks5 = true, socks5h = true }

-- Where libcurl looks for the proxy of an origin, in this order (its manual page "libcurl-env").
local variables = {
  http = { "http_proxy", "all_proxy", "ALL_PROXY" },
  https = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" },
}

local function environment(names)
  for _, name in ipairs(names) do
    local value = os.getenv(name)
    if value and value ~= "" then return value, name end
  end
end

-- The texts that must never be shown: the password as it is written, with its percent-encoding undone, and within the Basic credentials
-- that the proxy gets. A user without a password is a token.
local function secrets_in(user_and_password)
  local user, password = userinfo.split(user_and_password)
  local secret = password ~= "" and password or user
  if secret == "" then return {} end
  return { secret, unescape(secret), core.base64(unescape(user) .. ":" .. unescape(password)) }
end

local function problem_of_port(text)
  local port = text == "" and 1 or tonumber(text:match("^:(%d+)$"))
  if not port or port < 1 or port > 65535 then return "must have a port from 1 to 65535" end
end

--- Reads a proxy as libcurl takes it, `[scheme://][user[:password]@]host[:port]`.
-- @tparam string text
-- @treturn table `url`, the text; `shown`, the same without user and password; `secrets`, what must never be shown; or nil
-- @treturn string what is wrong with it, a predicate that shows no part of it
function proxy.read(text)
  if text:find("[%z\1-\32\127-\255]") then return nil, "must not hold blanks, control characters or letters beyond ASCII" end
  local scheme, rest = text:match("^([^/]*)://(.*)$")
  if not scheme then scheme, rest = "http", text end
  if not schemes[ascii.lower(scheme)] then
    return nil, "must begin with http://, https://, socks4://, socks4a://, socks5:// or socks5h://"
  end
  local user_and_password, place = rest:match("^(.*)@([^@]*)$")
  if not place then place = rest end
  -- libcurl takes no proxy at all where it cannot decode the user or the password.
  local problem = user_and_password and userinfo.problem(user_and_password)
  if problem then return nil, problem end
  place = place:gsub("/$", "")
  if place:find("[/?#\\]") then return nil, "must be scheme, host and port alone, without a path" end
  local host, port = place:match("^(%[[%x:.]+%])(.*)$")
  if not host then host, port = place:match("^(%[[%x:.]+%%25[A-Za-z0-9._~-]+%])(.*)$") end
  if not host then host, port = place:match("^([A-Za-z0-9._-]+)(.*)$") end
  if not host then return nil, "names no host" end
  problem = problem_of_port(port)
  if problem then return nil, problem end
  if not core.url(scheme .. "://" .. rest) then return nil, "names no host that libcurl can read" end
  return {
    url = text, shown = ("%s://%s%s"):format(scheme, host, port), secrets = user_and_password and secrets_in(user_and_password) or {},
  }
end

--- Brings a list of hosts without a proxy into libcurl's form: `*.example.com`, as others write it, is `example.com`; a host with a port
-- stands for itself where the port is the one that is asked, and is left out elsewhere.
-- @tparam string|nil no_proxy names, commas or blanks between them
-- @tparam string port of the origins, all have the same
-- @treturn string|nil
local function in_form_of_libcurl(no_proxy, port)
  if not no_proxy or no_proxy == "*" then return no_proxy end
  local names = {}
  for text in no_proxy:gmatch("[^ \t\n\v\f\r,]+") do
    local name = text:gsub("^%*%.", "")
    local host, own_port = name:match("^(%[[^%]]*%]):(%d+)$")
    if not host then host, own_port = name:match("^([^:]*):(%d+)$") end
    if not host or own_port == port then names[#names + 1] = host or name end
  end
  return table.concat(names, ",")
end

--- The proxy that the options or the environment name.
-- @tparam table options `proxy`, `no_proxy`
-- @tparam table parts of the origins that it is for: `scheme`, `"http"` or `"https"`, and `port`
-- @treturn table `source` (where it was found, for messages), `no_proxy`, and either the fields of `read` or `problem`; no source where
--   there is none
function proxy.find(options, parts)
  local found = { no_proxy = in_form_of_libcurl(options.no_proxy or environment { "no_proxy", "NO_PROXY" }, parts.port) }
  local text, variable = options.proxy, nil
  if not text then text, variable = environment(variables[parts.scheme]) end
  if not text or found.no_proxy == "*" and not options.proxy then return found end
  found.source = variable and variable .. " in the environment" or "option 'proxy'"
  local read, problem = proxy.read(text)
  if not read then
    found.problem = problem
    return found
  end
  found.url, found.shown, found.secrets = read.url, read.shown, read.secrets
  return found
end

--- Whether a list of hosts without a proxy names this one, by libcurl's rule: `*`, or the host or a domain that it lies in. Networks
-- (`10.0.0.0/8`) are libcurl's to tell.
-- @tparam string|nil no_proxy names, commas or blanks between them
-- @tparam string host
-- @treturn boolean
function proxy.is_bypassed(no_proxy, host)
  if not no_proxy then return false end
  if no_proxy == "*" then return true end
  host = ascii.lower((host:gsub("^%[(.*)%]$", "%1")))
  for text in no_proxy:gmatch("[^ \t\n\v\f\r,]+") do
    local name = ascii.lower((text:gsub("^%[(.*)%]$", "%1"):gsub("^%.", ""):gsub("%.$", "")))
    if host == name or host:sub(-#name - 1) == "." .. name then return true end
  end
  return false
end

--- Tells each origin of the proxy that leads to it.
-- @tparam table origins see `studio.request.origins`: `proxy` is set to words for messages, `problem` where the proxy cannot be read
-- @tparam table found what `find` gave
function proxy.assign(origins, found)
  if not found.source then return end
  for _, origin in pairs(origins) do
    if not proxy.is_bypassed(found.no_proxy, origin.parts.host) then
      if found.problem then
        origin.problem = origin.problem or ("the proxy that %s names %s"):format(found.source, found.problem)
      else
        origin.proxy = ("the proxy %s, from %s"):format(found.shown, found.source)
      end
    end
  end
end

return proxy
