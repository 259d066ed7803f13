-- Brings the order bot to the account of the environment: TWILIO_ACCOUNT_SID and its credentials, SHOP_URL, WORKFLOW_SID and
-- TASK_CHANNEL_SID, FLOW_SID of the Flow (without it one is created), COMMIT_MESSAGE. Run it from the folder above `examples`:
--
--     lua5.4 examples/flows/deploy.lua [--dry-run]
local studio = require "studio"
local flow = require "studio.flow"

local function fail(err)
  io.stderr:write(tostring(err), "\n")
  for _, problem in ipairs(err:validation_errors()) do
    io.stderr:write(("  %s: %s\n"):format(tostring(problem.property_path), tostring(problem.message)))
  end
  os.exit(1)
end

local definition, err = flow.read "examples/flows/order-bot.json"
if not definition then fail(err) end

local client = studio.new()
local result
result, err = flow.deploy(client, definition, {
  sid = os.getenv "FLOW_SID", friendly_name = "Order bot", commit_message = os.getenv "COMMIT_MESSAGE", dry_run = arg[1] == "--dry-run",
})
if not result then fail(err) end

print(tostring(result.changes))
print(("%s%s %s"):format(arg[1] == "--dry-run" and "would be " or "", result.action, result.flow and result.flow.sid or ""))
client:close()
