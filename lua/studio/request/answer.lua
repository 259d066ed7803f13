--- Answers that are not plainly what was asked for: what they are to the program. Most programs meet none of them.
local advice = require "studio.request.advice"
local ascii = require "studio.base.ascii"
local core = require "studio.core"
local errors = require "studio.base.errors"
local json = require "studio.base.json"
local redaction = require "studio.request.redaction"
local retry = require "studio.request.retry"

local answers = {}

-- An empty type says as little as none.
local function is_json_type(content_type)
  if content_type == nil or content_type == "" or content_type == "application/json" then return true end
  return ascii.lower(content_type):find("json", 1, true) ~= nil
end

-- Fields of an error's body that hold a message: Twilio's first, then those of OAuth (RFC 6749 §5.2) and of RFC 9457.
local message_fields = { "message", "error_description", "detail", "error", "title" }

local function message_in(body)
  for _, name in ipairs(message_fields) do
    if type(body[name]) == "string" and body[name] ~= "" then return body[name] end
  end
end

--- The error of an answer whose status says failure.
-- @tparam table caller see `studio.request.call`
-- @tparam table call whose answer it is
-- @tparam number status
-- @tparam table response
-- @treturn table
function answers.http_error(caller, call, status, response)
  local shown, origin = redaction.of(caller), caller.origins[call.service]
  local body = json.null
  if response:size() > 0 then body = response:decode("keep") end
  local err = { status = status, sent = true, retry_after = retry.read_after(response:header("retry-after")) }
  local message
  if type(body) == "table" then
    body = shown.value(body)
    message = message_in(body)
    if type(body.code) == "number" then err.code = body.code end
    if type(body.more_info) == "string" then err.more_info = body.more_info end
    if body.details ~= json.null then err.details = body.details end
  end
  if not message and response:size() > 0 then err.body = shown.body(response) end
  if not message and status >= 300 and status < 400 and status ~= 304 then
    message = "the service answered with a redirect, which is not followed"
  end
  if not message then
    message = ("the service answered with status %d and no message"):format(status)
    if status ~= 401 and status ~= 407 then message = message .. advice.of_place(origin) end
  end
  if status == 407 and origin.proxy then message = ("%s (this is %s)"):format(message, origin.proxy) end
  if status == 401 then message = message .. advice.of_refusal(caller.credentials, origin) end
  return errors.new("http", message, err)
end

--- The error of an answer that says success and is not what was asked for.
-- @tparam table caller see `studio.request.call`
-- @tparam table call whose answer it is
-- @tparam number status
-- @tparam table response
-- @tparam string message
-- @treturn table
function answers.decode_error(caller, call, status, response, message)
  local shown = redaction.of(caller)
  local body = not call.secret_answer and shown.body(response) or nil
  return errors.new("decode", shown.value(message), { status = status, sent = true, body = body })
end

--- Reads an answer that says success and is not plainly a JSON object: gives its value, or nil and an error.
-- @tparam table caller see `studio.request.call`
-- @tparam table call whose answer it is
-- @tparam number status of success
-- @tparam table response
function answers.read_closely(caller, call, status, response)
  local rule = call.rule
  if response:size() == 0 then
    if rule == "keep" then return json.null end
    return nil, answers.decode_error(caller, call, status, response, "the body is empty where JSON is due")
  end
  local content_type = response:header("content-type")
  if not is_json_type(content_type) then
    local named = redaction.of(caller).value(content_type):gsub("[%z\1-\31\127-\255]", "?"):sub(1, 80)
    local message = ("the body is %s where JSON is due%s"):format(named, advice.of_place(caller.origins[call.service]))
    return nil, answers.decode_error(caller, call, status, response, message)
  end
  local value, message = response:decode(rule)
  if value == nil then return nil, answers.decode_error(caller, call, status, response, "the body is not JSON: " .. message) end
  if rule ~= "keep" and (type(value) ~= "table" or getmetatable(value) == core.array_mt) then
    return nil, answers.decode_error(caller, call, status, response, "the body is JSON, but not an object")
  end
  return value
end

return answers
