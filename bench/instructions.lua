--- `make instructions`: counts the instructions of a fetch and of a decoded record with callgrind, and compares them with
-- bench/instructions.txt. Unlike times these figures repeat, on any machine with the same libraries. Each is the difference of two runs of
-- different length, so that what happens once does not count, and the lowest of a few tries: the seed of Lua's string hash and the
-- moment an answer comes differ.
package.path = "bench/?.lua;" .. package.path
local canned = require "canned"

local RECORD = "bench/instructions.txt"
local ALLOWED, TRIES = 1.02, 3
local out = os.getenv "OUT" or "build"
local records_in_page = 200

-- Nothing of the program's environment is there, nor where the checkout lies: paths are relative.
local function count(script)
  local randomized = os.execute "setarch -R true 2>/dev/null" and "setarch -R" or ""
  local pipe = assert(io.popen(("env -i PATH=\"$PATH\" LC_ALL=C 'LUA_PATH=lua/?.lua;lua/?/init.lua;;' 'LUA_CPATH=%s/lua5.4/?.so;;' %s "
    .. "valgrind --tool=callgrind --callgrind-out-file=/dev/null lua5.4 %s 2>&1"):format(out, randomized, script)))
  local text = pipe:read "a"
  pipe:close()
  return tonumber(text:match "Collected : (%d+)") or error("callgrind did not count:\n" .. text, 0)
end

local function difference(script, short, long)
  return (count(script:format(long)) - count(script:format(short))) / (long - short)
end

local function recorded()
  local figures, order = {}, {}
  for line in io.lines(RECORD) do
    local name, figure = line:match "^(%w+) (%d+)$"
    if name then
      figures[name], order[#order + 1] = tonumber(figure), name
    end
  end
  return figures, order
end

local function check(name, expected, measure)
  local found = math.huge
  for _ = 1, TRIES do
    found = math.min(found, measure())
    if found <= expected * ALLOWED then break end
  end
  found = math.floor(found + 0.5)
  local change = (found / expected - 1) * 100
  local fine = found <= expected * ALLOWED
  print(("%-8s %8d instructions, recorded %8d (%+.1f %%)%s"):format(name, found, expected, change,
    not fine and ": more than 2 % more" or change < -2 and ": fewer, so record them in " .. RECORD or ""))
  return fine
end

local server = canned.start()
local measures = {
  fetch = function()
    return difference(("bench/ours.lua fetch %s %s %s %%d 1"):format(server.origin, canned.flow, server.sids), 200, 1200)
  end,
  record = function() return difference("bench/decode.lua %d", 5, 45) / records_in_page end,
}
local ran, fine = pcall(function()
  local all_fine = true
  local figures, order = recorded()
  for _, name in ipairs(order) do all_fine = check(name, figures[name], measures[name]) and all_fine end
  return all_fine
end)
server.stop()
if not ran then io.stderr:write(tostring(fine), "\n") end
os.exit(ran and fine, true)
