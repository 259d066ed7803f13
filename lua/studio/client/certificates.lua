--- Says why a file of certificates cannot be used. It is read, not only opened: a folder can be opened, too.
-- @tparam string path
-- @treturn string|nil words to stand behind the option's name; nil where it can be used
return function(path)
  local file, problem = io.open(path, "rb")
  if not file then return "cannot be read: " .. problem end
  local text
  text, problem = file:read "*a"
  file:close()
  if not text then return ("cannot be read: %s: %s"):format(path, problem or "it is no file") end
  if text == "" then return ("cannot be read: %s: the file is empty"):format(path) end
  if not text:find "%-%-%-%-%-BEGIN [A-Z0-9 ]*CERTIFICATE%-%-%-%-%-" then
    return ("must be a file with certificates in PEM form, which %s is not"):format(path)
  end
end
