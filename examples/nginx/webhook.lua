-- A webhook in nginx that answers Twilio and nobody else.
--
--     env TWILIO_AUTH_TOKEN;                            # at the top of nginx.conf: workers see no other variables
--     http {
--       server {
--         location /hooks/ {
--           client_body_buffer_size 64k;                # the body stays in memory
--           client_max_body_size 64k;
--           set $webhook_origin "https://hooks.example.com";
--           access_by_lua_file examples/nginx/webhook.lua;
--           content_by_lua_block { ngx.say('<?xml version="1.0" encoding="UTF-8"?><Response/>') }
--         }
--       }
--     }
--
-- $webhook_origin is scheme, host and port of the URLs as they are configured with Twilio, and not taken from the request: its Host
-- and X-Forwarded headers are the sender's to choose. What comes after this handler may trust the request, and finds the fields of
-- a form in ngx.ctx.fields.
local webhook = require "studio.webhook"

local auth_token = os.getenv("TWILIO_AUTH_TOKEN")

local function refuse(status, why)
  ngx.log(ngx.WARN, "webhook refused: ", why)
  return ngx.exit(status)
end

if not auth_token or auth_token == "" then return refuse(500, "TWILIO_AUTH_TOKEN is not set: see the directive env") end

ngx.req.read_body()
local body = ngx.req.get_body_data() or ""
if body == "" and ngx.req.get_body_file() then return refuse(413, "the body is larger than client_body_buffer_size") end

local is_form = (ngx.var.content_type or ""):lower():find("^application/x%-www%-form%-urlencoded") ~= nil
local fields = is_form and webhook.fields(body) or {}
local url = ngx.var.webhook_origin .. ngx.var.request_uri

local valid, why = webhook.valid(auth_token, ngx.var.http_x_twilio_signature, url, is_form and fields or body)
if not valid then return refuse(403, why) end
ngx.ctx.fields = fields
