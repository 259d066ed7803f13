--- The cases of the fault matrix: each row on each of its wires with each method.
local libcurl = require "spec.libcurl"
local rows = require "spec.faults.table"

local methods = { "GET", "POST", "DELETE" }

local cases = {}

--- @treturn {table,...} `{ number, name, row, wire, kept, method }`, the same list in every program
function cases.list()
  local list = {}
  for _, row in ipairs(rows) do
    for _, on in ipairs(row.on) do
      for _, method in ipairs(methods) do
        if row[method] ~= false then
          local wire, kept = on:match("^(%w+) ?(%a*)$")
          list[#list + 1] = {
            number = #list + 1, row = row, wire = wire, kept = kept == "kept", method = method,
            name = ("%s: %s (%s), of a %s over %s"):format(row[1], row[2], row[3], method, on),
          }
        end
      end
    end
  end
  return list
end

--- What a row says of a method. `newer` of a row holds instead where libcurl 8 or newer reports an error of that kind.
-- @tparam table case
-- @tparam[opt] table err what was reported
function cases.expected(case, err)
  local row = case.row
  local own = row[case.method]
  if libcurl.is_newer and row.newer and err and err.kind == row.newer.kind then
    row, own = row.newer, nil
    row.keep = case.row.keep
  end
  if row.fine or own and own.fine then return { fine = true, keep = row.keep, attempts = 1 } end
  local again = row.again == "yes" or row.again == "safe" and case.method ~= "POST"
  return {
    kind = row.kind, status = row.status, sent = row.sent, keep = row.keep, retryable = again,
    attempts = again and row.limit ~= "deadline" and 2 or 1, slow = row.slow,
  }
end

return cases
