/* The decoder and the writer: any bytes are decoded or refused, with each rule for nulls alike, and nothing is left on the Lua stack; what
   was decoded is written in every form, and each is decoded as the same value. */
#include <math.h>
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

/* Whether two values are the same: numbers as JSON has them, without a difference between integers and others. */
static int is_same(lua_State *L, int one, int other)
{
  int members = 0, same = 1;
  if (!lua_istable(L, one) || !lua_istable(L, other))
    return lua_rawequal(L, one, other)
           && (lua_type(L, one) != LUA_TNUMBER || signbit(lua_tonumber(L, one)) == signbit(lua_tonumber(L, other)));
  luaL_checkstack(L, 8, "is_same");
  if (lua_getmetatable(L, one) != lua_getmetatable(L, other))
    return 0;
  lua_settop(L, other);
  for (lua_pushnil(L); lua_next(L, other) != 0; lua_pop(L, 1))
    members++;
  lua_pushnil(L);
  while (same && lua_next(L, one) != 0) {
    int value = lua_gettop(L);
    lua_pushvalue(L, value - 1);
    lua_rawget(L, other);
    same = is_same(L, value, value + 1);
    lua_settop(L, value - 1);
    members--;
  }
  lua_settop(L, other);
  return same && members == 0;
}

/* encode(value, sort, indent) by the function in [2]; the text is pushed. */
static void write(lua_State *L, int value, int sorts, int indent)
{
  lua_pushvalue(L, 2);
  lua_pushvalue(L, value);
  lua_pushboolean(L, sorts);
  if (indent >= 0)
    lua_pushinteger(L, indent);
  else
    lua_pushnil(L);
  lua_call(L, 3, 1);
  CHECK(lua_type(L, -1) == LUA_TSTRING);
}

/* The value is in [3]. */
static void write_and_read(lua_State *L)
{
  static const struct { int sorts, indent; } forms[] = { { 0, -1 }, { 1, -1 }, { 1, 2 }, { 0, 0 } };
  size_t form;
  for (form = 0; form < sizeof forms / sizeof forms[0]; form++) {
    size_t length;
    const char *text;
    write(L, 3, forms[form].sorts, forms[form].indent);
    text = lua_tolstring(L, 4, &length);
    CHECK(studio_json_decode(L, text, length, STUDIO_NULLS_KEEP) == 1);
    lua_replace(L, 4);
    CHECK(is_same(L, 3, 4));
    if (forms[form].sorts) { /* there is one text for a value */
      write(L, 3, 1, forms[form].indent);
      write(L, 4, 1, forms[form].indent);
      CHECK(lua_rawequal(L, -1, -2));
    }
    lua_settop(L, 3);
  }
}

static int decode(lua_State *L)
{
  const char *text = lua_touserdata(L, 1);
  size_t length = (size_t)lua_tointeger(L, 3);
  size_t kept = 0;
  int rule;
  lua_settop(L, 2);
  for (rule = STUDIO_NULLS_KEEP; rule <= STUDIO_NULLS_PAGE; rule++) {
    int results = studio_json_decode(L, text, length, (enum studio_null_rule)rule);
    CHECK(results == lua_gettop(L) - 2);
    if (results == 2) {
      CHECK(lua_isnil(L, 3) && lua_type(L, 4) == LUA_TSTRING);
      CHECK(rule == STUDIO_NULLS_KEEP || kept == 0);
      CHECK(strlen(lua_tostring(L, 4)) < 200);
    } else {
      size_t count;
      CHECK(results == 1 && !lua_isnil(L, 3));
      count = walk(L, 3);
      if (rule == STUDIO_NULLS_KEEP) {
        kept = count;
        write_and_read(L);
      }
      CHECK(kept > 0 && count <= kept);
    }
    lua_settop(L, 2);
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static int calls;
  lua_State *L = fuzz_state("return require('studio.core').encode");
  /* A copy of the exact size, so that reading one byte past its end is seen. */
  char *text = malloc(size > 0 ? size : 1);
  CHECK(text != NULL);
  memcpy(text, data, size);
  lua_pushcfunction(L, decode);
  lua_pushlightuserdata(L, text);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, (lua_Integer)size);
  if (lua_pcall(L, 3, 0, 0) != 0) {
    fprintf(stderr, "raised: %s\n", lua_tostring(L, -1));
    abort();
  }
  free(text);
  if (++calls % 1024 == 0)
    lua_gc(L, LUA_GCCOLLECT, 0);
  return 0;
}
