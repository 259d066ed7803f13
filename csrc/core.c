/* luaopen_studio_core: what the pure-Lua layer builds on. */

#include <string.h>

#include <curl/curl.h>

#include "blocks.h"
#include "compat.h"
#include "json.h"
#include "json_write.h"
#include "lua_file.h"
#include "lua_headers.h"
#include "lua_interrupts.h"
#include "lua_multi.h"
#include "lua_system.h"
#include "lua_transfer.h"
#include "lua_url.h"
#include "platform.h"

/* now() -> seconds on the monotonic clock */
static int core_now(lua_State *L)
{
  lua_pushnumber(L, studio_now());
  return 1;
}

/* is_yieldable() -> whether the running coroutine may yield, where this Lua can tell; else true. Some hosts leave a program no function for
   it. */
static int core_is_yieldable(lua_State *L)
{
  lua_pushboolean(L, studio_is_yieldable(L));
  return 1;
}

/* random() -> a number in [0, 1); leaves the program's math.random alone */
static int core_random(lua_State *L)
{
  lua_pushnumber(L, studio_random(lua_touserdata(L, lua_upvalueindex(1))));
  return 1;
}

/* is_sid(value, prefix): whether it is a text, of the prefix and 32 hex digits */
static int core_is_sid(lua_State *L)
{
  enum { PREFIX = 2, LENGTH = 34 };
  size_t length = 0, prefix_length;
  const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : NULL;
  const char *prefix = luaL_checklstring(L, 2, &prefix_length);
  lua_pushboolean(L, length == LENGTH && prefix_length == PREFIX && memcmp(text, prefix, PREFIX) == 0
                       && strspn(text + PREFIX, "0123456789abcdefABCDEF") == LENGTH - PREFIX);
  return 1;
}

/* set_metatables(list, metatable): gives it to every element; false, with nothing more done, when one is no table, or has a metatable
   already: of what the decoder makes, arrays have */
static int core_set_metatables(lua_State *L)
{
  int index, count;
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  count = (int)lua_rawlen(L, 1);
  for (index = 1; index <= count; index++) {
    lua_rawgeti(L, 1, index);
    if (!lua_istable(L, 3) || lua_getmetatable(L, 3)) {
      lua_pushboolean(L, 0);
      return 1;
    }
    lua_pushvalue(L, 2);
    lua_setmetatable(L, 3);
    lua_settop(L, 2);
  }
  lua_pushboolean(L, 1);
  return 1;
}

STUDIO_EXPORT int luaopen_studio_core(lua_State *L);

STUDIO_EXPORT int luaopen_studio_core(lua_State *L)
{
  static const luaL_Reg functions[] = {
    { "now", core_now }, { "is_yieldable", core_is_yieldable }, { "is_sid", core_is_sid }, { "set_metatables", core_set_metatables },
    { NULL, NULL },
  };
  const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
  char system[128];
  studio_check_lua(L);
  if (version->version_num < LEAST_LIBCURL)
    return luaL_error(L, "studio, as it was built, needs libcurl %d.%d or newer; this is libcurl %s", LEAST_LIBCURL >> 16,
                      (LEAST_LIBCURL >> 8) & 255, version->version);
  if (!studio_blocks_open())
    return luaL_error(L, "libcurl cannot be initialised");
  studio_stay_loaded();
  luaL_newlib(L, functions);
  memset(lua_newuserdata(L, sizeof(RandomState)), 0, sizeof(RandomState));
  lua_pushcclosure(L, core_random, 1);
  lua_setfield(L, -2, "random");
  studio_json_open(L);
  studio_json_write_open(L);
  studio_lua_url_open(L);
  studio_lua_file_open(L);
  studio_lua_headers_open(L);
  studio_lua_transfer_open(L);
  studio_lua_multi_open(L);
  studio_lua_system_open(L);
  studio_lua_interrupts_open(L);
  lua_pushstring(L, version->version);
  lua_setfield(L, -2, "curl_version");
  lua_pushstring(L, version->ssl_version);
  lua_setfield(L, -2, "tls_version");
  studio_system(system, sizeof system);
  lua_pushstring(L, system);
  lua_setfield(L, -2, "platform");
  lua_pushboolean(L, (version->features & CURL_VERSION_HTTP2) != 0);
  lua_setfield(L, -2, "has_http2");
  return 1;
}
