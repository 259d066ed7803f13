-- Decodes the same page of 200 records COUNT times, for bench/instructions.lua.
package.path = "bench/?.lua;" .. package.path
local canned = require "canned"
local core = require "studio.core"

local text = canned.page("https://studio.twilio.com", 200, 0)
for _ = 1, tonumber(arg[1]) do assert(core.decode(text, "page")) end
