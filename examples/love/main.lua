-- Executions of a Flow as they arrive, while a ball goes its way. One line belongs to the network: client:step(0), once a frame.
--
--     eval "$(make env LUA=luajit)"
--     love examples/love                                 # with your account, or a local service (make emulator), in the environment
--
-- STUDIO_FLOW_SID names the Flow. With STUDIO_TO and STUDIO_FROM set, the space bar starts it for that contact.
local studio = require "studio"

local REFRESH_EVERY = 2
local SHOWN = 12

local client = studio.new()
local flow = client.v2.flows(os.getenv("STUDIO_FLOW_SID") or "FW00000000000000000000000000000001")

local executions, arrived, message = {}, {}, "asking for executions"
local refreshing, since_refresh = nil, REFRESH_EVERY
local ball = { x = 320, y = 180, dx = 190, dy = 140, radius = 14 }

-- A task: written as if it blocked. It ends with the page, and no frame waits for it.
local function refresh()
  local page, err = flow.executions:page { page_size = SHOWN }
  since_refresh = 0
  if not page then
    message = tostring(err)
    return
  end
  executions = page.items
  message = ("%d executions"):format(#executions)
  for _, execution in ipairs(executions) do arrived[execution.sid] = arrived[execution.sid] or love.timer.getTime() end
end

local function start_execution()
  local to, from = os.getenv("STUDIO_TO"), os.getenv("STUDIO_FROM")
  if not to or not from then
    message = "set STUDIO_TO and STUDIO_FROM to start executions"
    return
  end
  local execution, err = flow.executions:create { to = to, from = from }
  message = execution and "started " .. execution.sid or tostring(err)
end

local function move(seconds)
  ball.x, ball.y = ball.x + ball.dx * seconds, ball.y + ball.dy * seconds
  if ball.x < ball.radius or ball.x > 640 - ball.radius then ball.dx = -ball.dx end
  if ball.y < ball.radius or ball.y > 360 - ball.radius then ball.dy = -ball.dy end
  ball.x = math.max(ball.radius, math.min(640 - ball.radius, ball.x))
  ball.y = math.max(ball.radius, math.min(360 - ball.radius, ball.y))
end

local function step() client:step(0) end

function love.load()
  -- The specs let it run for so many frames, with more in flight, and measure.
  if os.getenv("STUDIO_LOVE_FRAMES") then step = require("measure")(client, flow, step) end
end

function love.update(seconds)
  move(seconds)
  since_refresh = since_refresh + seconds
  if since_refresh >= REFRESH_EVERY and (not refreshing or refreshing:done()) then refreshing = client:spawn(refresh) end
  step()
end

function love.keypressed(key)
  if key == "space" then client:spawn(start_execution) end
  if key == "escape" then love.event.quit() end
end

function love.draw()
  love.graphics.setColor(0.94, 0.18, 0.28)
  love.graphics.circle("fill", ball.x, ball.y, ball.radius)
  love.graphics.setColor(1, 1, 1)
  love.graphics.print(message, 16, 12)
  for index, execution in ipairs(executions) do
    local age = love.timer.getTime() - (arrived[execution.sid] or 0)
    love.graphics.setColor(1, 1, 1, math.min(1, 0.2 + age))        -- what is new fades in
    local line = ("%s  %-7s  %s"):format(execution.sid, execution.status, execution.contact_channel_address or "")
    love.graphics.print(line, 16, 24 + 22 * index)
  end
end

function love.quit()
  client:close()
end
