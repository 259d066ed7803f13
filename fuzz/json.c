/* The decoder: any bytes are decoded or refused, with each rule for nulls alike, and nothing is left on the Lua stack. */
#include <string.h>

#include "../csrc/json.h"
#include "fuzz.h"

/* Counts what a value holds, to see that all of it is sound. */
static size_t walk(lua_State *L, int index)
{
  size_t count = 1;
  if (!lua_istable(L, index))
    return count;
  luaL_checkstack(L, 8, "walk");
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    CHECK(lua_type(L, -2) == LUA_TSTRING || lua_type(L, -2) == LUA_TNUMBER);
    CHECK(!lua_isnil(L, -1));
    count += walk(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  return count;
}

static int decode(lua_State *L)
{
  const char *text = lua_touserdata(L, 1);
  size_t length = (size_t)lua_tointeger(L, 2);
  size_t kept = 0;
  int rule;
  lua_settop(L, 0);
  for (rule = STUDIO_NULLS_KEEP; rule <= STUDIO_NULLS_PAGE; rule++) {
    int results = studio_json_decode(L, text, length, (enum studio_null_rule)rule);
    CHECK(results == lua_gettop(L));
    if (results == 2) {
      CHECK(lua_isnil(L, 1) && lua_type(L, 2) == LUA_TSTRING);
      CHECK(rule == STUDIO_NULLS_KEEP || kept == 0);
      CHECK(strlen(lua_tostring(L, 2)) < 200);
    } else {
      size_t count;
      CHECK(results == 1 && !lua_isnil(L, 1));
      count = walk(L, 1);
      if (rule == STUDIO_NULLS_KEEP)
        kept = count;
      CHECK(kept > 0 && count <= kept);
    }
    lua_settop(L, 0);
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static int calls;
  lua_State *L = fuzz_state("return require 'studio.core'");
  /* A copy of the exact size, so that reading one byte past its end is seen. */
  char *text = malloc(size > 0 ? size : 1);
  CHECK(text != NULL);
  memcpy(text, data, size);
  lua_pushcfunction(L, decode);
  lua_pushlightuserdata(L, text);
  lua_pushinteger(L, (lua_Integer)size);
  if (lua_pcall(L, 2, 0, 0) != 0) {
    fprintf(stderr, "raised: %s\n", lua_tostring(L, -1));
    abort();
  }
  free(text);
  if (++calls % 1024 == 0)
    lua_gc(L, LUA_GCCOLLECT, 0);
  return 0;
}
