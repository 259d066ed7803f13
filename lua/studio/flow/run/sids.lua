--- SIDs that are the same each time: made from what a run was given, and counted.
-- @module studio.flow.run.sids

local sids = {}

-- Four sums over the text, each modulo a prime below 2^32 with a factor below 2^20: exact in doubles, so alike on every Lua.
local factors = { 65599, 131071, 524287, 999983 }
local prime = 4294967291

--- 32 hexadecimal digits that stand for a text. They are not for secrets.
function sids.digest(text)
  local sums = { 7, 77, 777, 7777 }
  for position = 1, #text do
    local byte = text:byte(position)
    for lane = 1, 4 do sums[lane] = (sums[lane] * factors[lane] + byte + 1) % prime end
  end
  -- Short texts have not filled the sums yet.
  for _ = 1, 4 do
    for lane = 1, 4 do sums[lane] = (sums[lane] * factors[lane] + sums[lane % 4 + 1] % 1048576) % prime end
  end
  return ("%08x%08x%08x%08x"):format(sums[1], sums[2], sums[3], sums[4])
end

--- A source of SIDs.
-- @tparam string text what the run was given
-- @treturn function(letters) → the next SID with these two letters
function sids.source(text)
  local prefix, count = sids.digest(text):sub(1, 24), 0
  return function(letters)
    count = count + 1
    return ("%s%s%08x"):format(letters, prefix, count)
  end
end

return sids
