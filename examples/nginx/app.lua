-- What the locations of nginx.conf answer. Every call to Studio suspends the request's light thread; the worker goes on.
local studio = require "studio"

local client = studio.new { deadline = 20 }
local flow = client.v2.flows(os.getenv("STUDIO_FLOW_SID") or "FW00000000000000000000000000000001")

local app = {}

local function answer(status, value)
  ngx.status = status
  ngx.header.content_type = "application/json"
  ngx.print(studio.encode(value))
end

-- The caller is told what it can do something about; the rest is for the log.
local function refuse(err)
  if err.kind == "argument" then return answer(400, { message = err.message }) end
  if err:is_conflict() then return answer(409, { message = "this contact has an active Execution" }) end
  ngx.log(ngx.ERR, tostring(err))
  answer(502, { message = "Studio did not do it", may_have_been_done = err.sent ~= false })
end

local function start_execution()
  ngx.req.read_body()
  local form = ngx.req.get_post_args()
  if type(form.to) ~= "string" then return answer(400, { message = "the field 'to' is missing" }) end
  local execution, err = flow.executions:create { to = form.to, from = os.getenv("STUDIO_FROM") or "+15550000000" }
  if not execution then return refuse(err) end
  answer(201, { sid = execution.sid, status = execution.status })
end

local function list_executions()
  local limit = tonumber(ngx.var.arg_limit) or 20
  local executions, err = flow.executions:list { limit = math.min(limit, 100) }
  if not executions then return refuse(err) end
  local shown = studio.array()
  for index, execution in ipairs(executions) do
    shown[index] = { sid = execution.sid, status = execution.status, date_created = execution.date_created }
  end
  answer(200, { executions = shown })
end

--- GET lists, POST starts.
function app.executions()
  local method = ngx.req.get_method()
  if method == "GET" then return list_executions() end
  if method == "POST" then return start_execution() end
  ngx.header.allow = "GET, POST"
  ngx.exit(405)
end

--- Answers a call of Twilio's that webhook.lua let through; its form is in ngx.ctx.fields.
function app.hook()
  ngx.header.content_type = "application/json"
  ngx.print(studio.encode { received = ngx.ctx.fields.ExecutionSid or studio.null })
end

return app
