/* luaopen_studio_core: what the pure-Lua layer builds on. */
#include "compat.h"

#include <curl/curl.h>

#include "json.h"
#include "multi.h"
#include "platform.h"
#include "text.h"

#if LIBCURL_VERSION_NUM < 0x074b00
#error "studio needs libcurl 7.75 or newer"
#endif

/* now() -> seconds on the monotonic clock */
static int core_now(lua_State *L)
{
  lua_pushnumber(L, studio_now());
  return 1;
}

/* random() -> a number in [0, 1); leaves the program's math.random alone */
static int core_random(lua_State *L)
{
  lua_pushnumber(L, studio_random());
  return 1;
}

STUDIO_EXPORT int luaopen_studio_core(lua_State *L);

STUDIO_EXPORT int luaopen_studio_core(lua_State *L)
{
  static const luaL_Reg functions[] = { { "now", core_now }, { "random", core_random }, { NULL, NULL } };
  const curl_version_info_data *version;
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return luaL_error(L, "libcurl cannot be initialised");
  luaL_newlib(L, functions);
  studio_json_open(L);
  studio_text_open(L);
  studio_multi_open(L);
  version = curl_version_info(CURLVERSION_NOW);
  lua_pushstring(L, version->version);
  lua_setfield(L, -2, "curl_version");
  lua_pushstring(L, version->host);
  lua_setfield(L, -2, "platform");
  lua_pushboolean(L, (version->features & CURL_VERSION_HTTP2) != 0);
  lua_setfield(L, -2, "has_http2");
  return 1;
}
