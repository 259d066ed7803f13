-- How long the console takes to show a flow of 200 and of 2,000 widgets, in a real browser: from the end of the service's answer, and from
-- the opening of the file that flow.page writes, to the first picture; and how many pictures a second there are while it is dragged.
-- `make bench-console`.
local emulator = require "studio.emulator"
local flow = require "studio.flow"
local studio = require "studio"
local webdriver = require "spec.webdriver"

local sizes = { 200, 2000 }
local missing = webdriver.missing()
if missing then
  print(missing)
  os.exit(1)
end

-- Rooms of ten widgets: a question, splits, messages, requests. `is_placed`: each has its place on the canvas.
local function make_flow(size, is_placed)
  local states = { { name = "Trigger", type = "trigger", properties = {}, transitions = {
    { event = "incomingMessage", next = "w1" }, { event = "incomingCall" }, { event = "incomingRequest", next = "w1" },
  } } }
  local kinds = { "send-and-wait-for-reply", "split-based-on", "send-message", "make-http-request", "set-variables" }
  local events = {
    { "incomingMessage", "timeout", "deliveryFailure" }, { "noMatch", "match" }, { "sent", "failed" }, { "success", "failed" }, { "next" },
  }
  for number = 1, size - 1 do
    local kind = number % 5 + 1
    local transitions = {}
    for position, event in ipairs(events[kind]) do
      local target = position == 1 and number + 1 or position == 2 and math.max(1, number % 10 == 0 and number - 9 or number + 3)
      transitions[position] = { event = event, next = target and target < size and "w" .. target or nil }
      if event == "match" then
        transitions[position].conditions = {
          { friendly_name = "yes", type = "equal_to", value = "yes " .. number, arguments = { "{{widgets.w1.inbound.Body}}" } },
        }
      end
    end
    states[#states + 1] = {
      name = "w" .. number, type = kinds[kind], transitions = transitions,
      properties = {
        body = "Text number " .. number .. " of the flow", input = "{{widgets.w1.inbound.Body}}", url = "https://shop.example/" .. number,
        offset = is_placed and { x = number % 10 * 320, y = math.floor(number / 10) * 260 + 260 } or nil,
      },
    }
  end
  if is_placed then states[1].properties.offset = { x = 0, y = 0 } end
  return { description = size .. " widgets", initial_state = "Trigger", states = states, flags = { allow_concurrent_calls = true } }
end

local path = os.tmpname()
local service = assert(emulator.start())
local client = studio.new { base_url = service.base_url, account_sid = service.account_sid, auth_token = service.auth_token, timeout = 120 }
local browser = webdriver.open()

-- Seconds between frames while the canvas is dragged.
local drag = [[
  const done = arguments[arguments.length - 1], canvas = document.querySelector("svg.canvas"), times = [];
  const fire = (name, x, y) => canvas.dispatchEvent(new PointerEvent(name, { pointerId: 1, button: name === "pointermove" ? -1 : 0,
    clientX: x, clientY: y, bubbles: true }));
  canvas.setPointerCapture = () => {};
  fire("pointerdown", 700, 500);
  let frame = 0;
  function next(time) {
    times.push(time);
    fire("pointermove", 700 + 15 * frame, 500 + 10 * frame);
    if (frame++ < 30) requestAnimationFrame(next);
    else { fire("pointerup", 0, 0); done((times[times.length - 1] - times[0]) / (times.length - 1)); }
  }
  requestAnimationFrame(next);
]]

local function open(url)
  browser:go "about:blank"
  browser:go(url)
  browser:wait "return performance.getEntriesByName('studio-picture').length > 0"
end

-- The least of three, since whatever else the machine does makes it more.
local function least(try)
  return math.min(try(), try(), try())
end

local function measure(size, is_placed)
  local definition = make_flow(size, is_placed)
  local made = assert(client.v2.flows:create { friendly_name = size .. " widgets", status = "published", definition = definition })
  local live = least(function()
    open(service.console_url .. "&flow=" .. made.sid)
    return browser:run [[
      const answer = performance.getEntriesByType("resource").filter((each) => each.name.endsWith("/console/picture")).pop();
      const shown = performance.getEntriesByName("studio-picture").pop();
      return shown.startTime + shown.duration - answer.responseEnd;
    ]]
  end)
  local near = least(function() return browser:run_async(drag) end)
  browser:run "[...document.querySelectorAll('.tools button')].find((each) => each.textContent === 'Fit').click()"
  local far = least(function() return browser:run_async(drag) end)
  local file = assert(io.open(path .. ".html", "w"))
  file:write(assert(flow.page(definition)))
  file:close()
  local opened = least(function()
    open("file://" .. path .. ".html")
    return browser:run [[
      const shown = performance.getEntriesByName("studio-picture").pop();
      return shown.startTime + shown.duration - performance.getEntriesByType("navigation")[0].responseEnd;
    ]]
  end)
  print(("%5d widgets, %s: console %4.0f ms, file %4.0f ms, dragged %3.0f pictures/s near and %3.0f far"):format(
    size, is_placed and "placed   " or "in layers", live, opened, 1000 / near, 1000 / far))
end

for _, size in ipairs(sizes) do
  measure(size, true)
  measure(size, false)
end
browser:close()
client:close()
service:stop()
os.remove(path)
os.remove(path .. ".html")
