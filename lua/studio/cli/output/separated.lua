--- Records as CSV (RFC 4180, lines ended as Unix does) and as values between tabs.
local values = require "studio.cli.output.values"

local separated = {}

local escapes = { ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r", ["\\"] = "\\\\" }

local kinds = {
  csv = { separator = ",", quote = function(text)
    if not text:find '[",\r\n]' and not text:find "^ " and not text:find " $" then return text end
    return '"' .. text:gsub('"', '""') .. '"'
  end },
  tsv = { separator = "\t", quote = function(text) return (text:gsub("[\t\r\n\\]", escapes)) end },
}

--- Writes a list.
-- @tparam string form `"csv"` or `"tsv"`
-- @tparam function next_record an iterator
-- @tparam table sink `write(text)`
-- @tparam table options `paths`, `no_header`
-- @treturn number how many records there were
function separated.list(form, next_record, sink, options)
  local kind, paths, total = kinds[form], options.paths, 0
  local cells = {}
  if not options.no_header then
    for index, path in ipairs(paths) do cells[index] = kind.quote(path.name) end
    sink.write(table.concat(cells, kind.separator) .. "\n")
  end
  for record in next_record do
    total = total + 1
    for index, path in ipairs(paths) do cells[index] = kind.quote(values.line(values.at(record, path))) end
    sink.write(table.concat(cells, kind.separator) .. "\n")
  end
  return total
end

return separated
