/* URLs and forms: what is escaped comes back as it was, and no URL that is followed leads to another host than the client's own. */
#include <ctype.h>
#include <string.h>

#include "fuzz.h"

static const char setup[] =
  "local core = require 'studio.core'\n"
  "local api, origins, targets = require 'studio.api', require 'studio.request.origins', require 'studio.request.targets'\n"
  "local function resolve(options) return origins.resolve(options, api.services) end\n"
  "local function unescape(text)\n"
  "  return (text:gsub('%%(%x%x)', function(digits) return string.char(tonumber(digits, 16)) end))\n"
  "end\n"
  "local clients = {\n"
  "  resolve {}, resolve { region = 'ie1' }, resolve { base_url = 'http://127.0.0.1:4010' },\n"
  "  resolve { base_url = 'https://[::1]:8443' },\n"
  "}\n"
  "local function check_escape(text)\n"
  "  local escaped = core.escape(text)\n"
  "  assert(not escaped:find('[^%w%-._~%%]') and unescape(escaped) == text, 'escape')\n"
  "  local cut = math.floor(#text / 2)\n"
  "  local form = core.form { text:sub(1, cut), text:sub(cut + 1), 'name', text }\n"
  "  local first, second, third = form:match('^([^=&]*)=([^=&]*)&name=([^=&]*)$')\n"
  "  assert(unescape(first) == text:sub(1, cut) and unescape(second) == text:sub(cut + 1) and unescape(third) == text, 'form')\n"
  "end\n"
  "local function check_target(origin, text)\n"
  "  local target = targets.of_url(origin, text)\n"
  "  if not target then return end\n"
  "  assert(target:sub(1, 1) == '/' and not target:find('[%c \\128-\\255\\\\#]'), 'target')\n"
  "  local parts = assert(core.url(origin.text .. target))\n"
  "  assert(parts.scheme == origin.parts.scheme and parts.host == origin.parts.host and parts.port == origin.parts.port, 'origin')\n"
  "  assert(not parts.user and not parts.password, 'user')\n"
  "end\n"
  "return function(text)\n"
  "  check_escape(text)\n"
  "  for _, client in ipairs(clients) do\n"
  "    check_target(client.studio, text)\n"
  "    check_target(client.studio, client.studio.text .. text)\n"
  "    check_target(client.flex, text)\n"
  "  end\n"
  "  local fine, resolved = pcall(resolve, { base_url = text })\n"
  "  if fine then assert(core.url(resolved.studio.text).host == resolved.studio.parts.host, 'base_url') end\n"
  "  fine, resolved = pcall(resolve, { region = text })\n"
  "  if fine then assert(core.url(resolved.studio.text).host:find('^studio%.[%l%d.-]*twilio%.com$'), 'region') end\n"
  "end\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static int calls;
  lua_State *L = fuzz_state(setup);
  lua_pushvalue(L, 1);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, 0, 0) != 0) {
    fprintf(stderr, "raised: %s\n", lua_tostring(L, -1));
    abort();
  }
  if (++calls % 4096 == 0)
    lua_gc(L, LUA_GCCOLLECT, 0);
  return 0;
}
