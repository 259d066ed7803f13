--- Arrays that a program gives: their elements are 1, 2, 3 and so on, up to the first nil. They are read raw.
local options_module = require "studio.base.options"

local arrays = {}

--- What a reader of an array would pass over without a word: a key that is none of its elements.
-- @tparam table array
-- @tparam[opt] boolean allows_names whether keys that are no numbers may stand beside the elements, as fields of a class do
-- @return a key; nil where there is none. Of an empty table that has elements by its metatable it is 1
function arrays.stray_key(array, allows_names)
  local count = 0
  while rawget(array, count + 1) ~= nil do count = count + 1 end
  for key in next, array do
    local is_number = type(key) == "number"
    if is_number and (key < 1 or key > count or key % 1 ~= 0) or not is_number and not allows_names then return key end
  end
  if count == 0 and options_module.is_proxy(array) then return 1 end
end

return arrays
