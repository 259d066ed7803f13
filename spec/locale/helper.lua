-- For `busted --helper`: the specs run under the locale that STUDIO_LOCALE names. Not so the messages of the system, which specs look for.
local name = os.getenv "STUDIO_LOCALE"
for _, category in ipairs { "collate", "ctype", "monetary", "numeric", "time" } do
  assert(os.setlocale(name, category), "there is no locale " .. tostring(name))
end
