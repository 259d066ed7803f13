--- A real browser for specs: Chromium without a window, driven over WebDriver (https://www.w3.org/TR/webdriver2/).
local child = require "spec.child"
local codec = require "studio.flow.json"
local http = require "socket.http"
local ltn12 = require "ltn12"
local socket = require "socket"

local webdriver = {}
local browser_methods = {}
local browser_mt = { __index = browser_methods }

local patience = 60
local element_key = "element-6066-11e4-a52e-4f735466cecf"

--- Why there is no browser here; nil where there is one.
function webdriver.missing()
  for _, names in ipairs { { "chromedriver" }, { "chromium", "google-chrome" } } do
    local found = false
    for _, name in ipairs(names) do found = found or child.shell("command -v " .. name) ~= "" end
    if not found then return names[1] .. " is missing: install the packages chromium and chromium-driver" end
  end
end

local function exchange(method, url, body)
  local parts = {}
  local text = body and assert(codec.encode(body)) or nil
  local ok, status = http.request {
    method = method, url = url, sink = ltn12.sink.table(parts), source = text and ltn12.source.string(text) or nil,
    headers = { ["Content-Type"] = "application/json", ["Content-Length"] = text and #text or 0 },
  }
  assert(ok, status)
  local answer = assert(codec.decode(table.concat(parts)))
  if status ~= 200 then error(("%s: %s"):format(answer.value.error, answer.value.message:match "^[^\n]*"), 3) end
  return answer.value
end

-- Calls a function until it gives something true.
local function wait_for(what, try)
  local ending = socket.gettime() + patience
  repeat
    local value = try()
    if value then return value end
    socket.sleep(0.02)
  until socket.gettime() > ending
  error("in vain: " .. what, 3)
end

local function read_file(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

--- Starts a browser, which ends with this program.
-- @treturn table
function webdriver.open()
  local directory = child.directory()
  local quote = child.quote
  -- The driver writes its port; the shell ends it at the end of this program's pipe.
  local command = "cd %s && unset LD_PRELOAD && export HOME=$PWD && "
    .. "{ chromedriver --port=0 >log 2>&1 </dev/null & cat >/dev/null; kill $!; wait; }"
  command = command:format(quote(directory))
  local pipe = assert(io.popen(command, "w"))
  local port = wait_for("the port of chromedriver", function() return read_file(directory .. "/log"):match "successfully on port (%d+)" end)
  local self = setmetatable({ pipe = pipe, directory = directory, downloads = directory .. "/downloads" }, browser_mt)
  local arguments = {
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--user-data-dir=" .. directory .. "/profile", "--window-size=1400,900",
  }
  local session = exchange("POST", ("http://127.0.0.1:%s/session"):format(port), {
    capabilities = {
      alwaysMatch = {
        browserName = "chrome",
        ["goog:loggingPrefs"] = { browser = "ALL", performance = "ALL" },
        ["goog:chromeOptions"] = { args = codec.array(arguments), prefs = { ["download.default_directory"] = self.downloads } },
      },
    },
  })
  self.url = ("http://127.0.0.1:%s/session/%s"):format(port, session.sessionId)
  return self
end

function browser_methods:call(method, path, body)
  return exchange(method, self.url .. path, body or (method == "POST" and {} or nil))
end

function browser_methods:devtools(command, parameters)
  return self:call("POST", "/goog/cdp/execute", { cmd = command, params = parameters })
end

function browser_methods:go(url)
  self:call("POST", "/url", { url = url })
end

--- Runs the body of a function of JavaScript.
function browser_methods:run(script, ...)
  local value = self:call("POST", "/execute/sync", { script = script, args = codec.array { ... } })
  if value == codec.null then return nil end
  return value
end

--- Runs the body of a function whose last argument is to be called with what it gives.
function browser_methods:run_async(script, ...)
  return self:call("POST", "/execute/async", { script = script, args = codec.array { ... } })
end

--- Waits until a script gives something true.
function browser_methods:wait(script, ...)
  local arguments = { ... }
  local unpack = table.unpack or rawget(_G, "unpack")
  return wait_for(script, function() return self:run(script, unpack(arguments)) end)
end

--- Waits until an element is there and has a text; gives the text.
function browser_methods:wait_text(selector, text)
  self:wait("return [...document.querySelectorAll(arguments[0])].some((each) => each.textContent.includes(arguments[1]))", selector, text)
end

local function find(self, selector)
  return self:call("POST", "/element", { using = "css selector", value = selector })[element_key]
end

function browser_methods:click(selector)
  self:call("POST", "/element/" .. find(self, selector) .. "/click")
end

--- Writes into a field, in the place of what it has.
function browser_methods:write(selector, text)
  local element = find(self, selector)
  self:call("POST", "/element/" .. element .. "/clear")
  self:call("POST", "/element/" .. element .. "/value", { text = text })
end

--- Presses a key of the keyboard in an element.
function browser_methods:press(selector, text)
  self:call("POST", "/element/" .. find(self, selector) .. "/value", { text = text })
end

function browser_methods:size(width, height)
  self:devtools("Emulation.setDeviceMetricsOverride", { width = width, height = height, deviceScaleFactor = 1, mobile = false })
end

--- Says that people here like it dark; with false, light again.
function browser_methods:dark(is_dark)
  local value = is_dark == false and "light" or "dark"
  self:devtools("Emulation.setEmulatedMedia", { features = codec.array { { name = "prefers-color-scheme", value = value } } })
end

--- Keeps what is seen as a picture.
function browser_methods:picture(path)
  local data = self:call("GET", "/screenshot")
  local pipe = assert(io.popen("base64 -d >" .. child.quote(path), "w"))
  pipe:write(data)
  pipe:close()
end

--- What the browser complained of.
function browser_methods:complaints()
  local list = {}
  for _, entry in ipairs(self:call("POST", "/se/log", { type = "browser" })) do list[#list + 1] = entry.level .. " " .. entry.message end
  return list
end

--- The addresses that it asked for since the last time.
function browser_methods:requests()
  local list = {}
  for _, entry in ipairs(self:call("POST", "/se/log", { type = "performance" })) do
    local message = codec.decode(entry.message).message
    if message.method == "Network.requestWillBeSent" then list[#list + 1] = message.params.request.url end
  end
  return list
end

--- The text of the first file that was downloaded, and its name.
function browser_methods:download()
  return wait_for("a download", function()
    local name = child.shell("ls " .. child.quote(self.downloads) .. " 2>/dev/null | grep -v crdownload"):match "[^\n]+"
    if name then return { name = name, text = read_file(self.downloads .. "/" .. name) } end
  end)
end

function browser_methods:close()
  pcall(self.call, self, "DELETE", "")
  self.pipe:close()
  child.remove(self.directory)
end

return webdriver
