--- JSON (RFC 8259) as the library reads and writes it: both in C, `studio.core`.
-- @module studio.base.json
local core = require "studio.core"
local errors = require "studio.base.errors"

local array_mt = core.array_mt

-- `for record in flow.executions:list() do` calls the array that it got.
function array_mt.__call()
  errors.misuse("this is an array, not an iterator: write `for _, item in ipairs(array)`, or use :each() where :list() is")
end

function array_mt.__tostring(array)
  return ("studio.array (%d item%s)"):format(#array, #array == 1 and "" or "s")
end

--- Encodes a value as JSON.
--
-- A table whose keys are 1..n, or which was marked by `array` or by the `array_mt` or `empty_array_mt` of lua-cjson, is an array; any
-- other, the empty table included, is an object. Integers keep all their digits and never get an exponent or ".0"; other numbers are
-- written with the fewest digits, 15 to 17, that read back the same (RFC 8259 §6). Strings are UTF-8 (§8.1). Nothing else is asked of
-- metatables.
-- @function encode
-- @param value nil excepted, anything that JSON has: table, string, number, boolean, @{null}
-- @tparam[opt] boolean sort whether the keys of each object are in order, by their bytes; else they come as `next` gives them
-- @tparam[opt] number indent spaces a level, 0 to 64: one line for each value, the last one ended too; else all is one line
-- @treturn[1] string the JSON text
-- @treturn[2] nil
-- @treturn[2] string what cannot be encoded and where, such as `at .a[2]: a function cannot be written as JSON`

--- Decodes JSON text, strictly (RFC 8259).
--
-- Objects and arrays become tables, arrays with the metatable `studio.core.array_mt`, so that they are encoded as arrays
-- again; null becomes @{null}; integers of 64 bits are integers where Lua has them; of equal keys the last wins.
-- @function decode
-- @string text the JSON text
-- @string[opt="keep"] nulls `"keep"`: null stays; `"resource"`: null fields of the outermost object are left out;
-- `"page"`: null fields of `meta` and of each record are left out
-- @return[1] the value
-- @treturn[2] nil
-- @treturn[2] string what is wrong and where: `line 3, column 14 (byte 57): expected ',' or '}' after a value, got 'x'`
-- @raise when text is not a string

--- Checks that a text is JSON (RFC 8259).
-- @string text
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string what is wrong and where
-- @raise when text is not a string
local function check(text)
  if type(text) ~= "string" then error("expected a string, got " .. type(text), 2) end
  local _, message = core.decode(text)
  if message then return nil, message end
  return true
end

-- Whether a metatable is one by which the lua-cjson that the program has loaded marks arrays.
local function is_mark_of_cjson(metatable)
  for _, module in ipairs { "cjson", "cjson.safe" } do
    local lent = package.loaded[module]
    if type(lent) == "table" then
      for _, name in ipairs { "array_mt", "empty_array_mt" } do
        if rawequal(metatable, rawget(lent, name)) then return true end
      end
    end
  end
  return false
end

--- Marks a table as an array, so that it is encoded as one even when it is empty.
-- @tparam[opt] table elements a table without a metatable; a new one is made when it is left out
-- @treturn table the same table
-- @raise when it is not a table or has a metatable of its own, but for those by which lua-cjson marks arrays
local function array(elements)
  errors.refuse_colon(elements, package.loaded.studio, "studio.array")
  if elements == nil then elements = {} end
  if type(elements) ~= "table" then error("array needs a table, got " .. type(elements), 2) end
  local metatable = getmetatable(elements)
  if metatable == nil then return setmetatable(elements, array_mt) end
  if metatable ~= array_mt and not is_mark_of_cjson(metatable) then
    error("a table that has a metatable cannot be marked as an array", 2)
  end
  return elements
end

return {
  encode = core.encode,
  decode = core.decode,
  check = check,
  array = array,
  --- The value that the decoder gives for null, and the encoder writes as null: the same as `cjson.null`.
  null = core.decode "null",
}
