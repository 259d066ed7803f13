-- Writes the Executions of the last days, with their Steps, to a file for each day, and goes on where an earlier call was interrupted:
-- call it every night, before the service deletes what is 30 days old.
--
--     lua examples/export.lua [FLOW_SID [DIRECTORY [DAYS]]]
--
-- It takes the account from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and without a flow all flows of the account.
local executions = require "studio.executions"
local studio = require "studio"

local flow_sid, directory, days = arg[1], arg[2] or ".", tonumber(arg[3] or 7)
local client = studio.new()
local DAY = 86400

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- The Executions of one day that is over. What has been written to its end is not written again.
local function export_day(flow, first)
  local name = ("%s-%s.jsonl"):format(flow, os.date("!%Y-%m-%d", first))
  local path = directory .. "/" .. name
  if exists(path) and not exists(path .. ".state") then return end
  local result, err = executions.export(client.v2.flows(flow).executions, {
    out = path, from = first, to = first + DAY, steps = true, interruptible = true,
    on_progress = function(progress)
      io.stderr:write(("\r%s: %d, %d a second "):format(name, progress.done, math.floor(progress.rate)))
    end,
  })
  io.stderr:write "\r"
  if not result then
    print(name .. ": " .. tostring(err))
    os.exit(1, true)
  end
  print(("%s: %d Executions, %d Steps%s"):format(name, result.executions, result.steps, result.stopped and ", interrupted" or ""))
  if result.stopped then os.exit(130, true) end
end

-- Today has not ended.
local today = math.floor(os.time() / DAY) * DAY
local flows = flow_sid and { { sid = flow_sid } } or assert(client.v2.flows:list())
for _, flow in ipairs(flows) do
  for back = days, 1, -1 do export_day(flow.sid, today - back * DAY) end
end
client:close()
