/* The userdata studio.headers, a request's header lines, and an answer's header lines as a table. */
#include "lua_headers.h"

#include <string.h>

#include "lua_class.h"
#include "wipe.h"

static const Class headers_class = { "studio.headers" };

typedef struct Headers {
  HeaderSet *set;
} Headers;

HeaderSet *studio_lua_headers_check(lua_State *L, int index)
{
  Headers *headers = studio_check_class(L, index, &headers_class);
  luaL_argcheck(L, headers->set != NULL, index, "the header set is closed");
  return headers->set;
}

/* __gc, __close and headers:close(): lets go of the lines; transfers that send them keep them until they have ended. */
static int headers__gc(lua_State *L)
{
  Headers *headers = studio_check_class(L, 1, &headers_class);
  studio_headers_release(headers->set);
  headers->set = NULL;
  return 0;
}

/* tostring(headers) -> the name of the class: the lines hold credentials. */
static int headers__tostring(lua_State *L)
{
  studio_check_class(L, 1, &headers_class);
  lua_pushstring(L, headers_class.name);
  return 1;
}

/* Adds a line and overwrites the text that it was made of, which may hold credentials. */
static void add_line(lua_State *L, HeaderSet *set, char *line)
{
  int added = studio_headers_add(set, line);
  studio_wipe(line, strlen(line));
  if (!added)
    luaL_error(L, "out of memory");
}

/* headers{ name, value, name, value, ... } -> header set */
static int core_headers(lua_State *L)
{
  Headers *headers;
  size_t count, index;
  luaL_checktype(L, 1, LUA_TTABLE);
  count = lua_rawlen(L, 1);
  luaL_argcheck(L, count % 2 == 0, 1, "names and values must come in pairs");
  headers = lua_newuserdata(L, sizeof *headers);
  headers->set = NULL;
  studio_set_class(L, &headers_class);
  headers->set = studio_headers_new();
  if (headers->set == NULL)
    return luaL_error(L, "out of memory");
  for (index = 1; index < count; index += 2) {
    const char *name, *value;
    char *line;
    size_t name_length, value_length;
    lua_rawgeti(L, 1, (int)index);
    lua_rawgeti(L, 1, (int)index + 1);
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      return luaL_error(L, "a header's name and value must be strings");
    name = lua_tolstring(L, -2, &name_length);
    value = lua_tolstring(L, -1, &value_length);
    if (!studio_is_token(name, name_length))
      return luaL_error(L, "a header's name may hold only the characters of a token (RFC 9110)");
    if (!studio_is_field_value(value, value_length))
      return luaL_error(L, "the value of header '%s' holds a control character", name);
    line = lua_newuserdata(L, name_length + value_length + 3);
    memcpy(line, name, name_length);
    /* libcurl's way to write a header without a value is a semicolon; with a colon it would leave the header out. */
    memcpy(line + name_length, value_length > 0 ? ": " : ";", 2);
    memcpy(line + name_length + (value_length > 0 ? 2 : 1), value, value_length + 1);
    add_line(L, headers->set, line);
    lua_pop(L, 3);
  }
  return 1;
}

/* Pushes a text with the letters of ASCII in lower case, whatever the locale. */
static void push_lower(lua_State *L, const char *text, size_t length)
{
  luaL_Buffer buffer;
  size_t index;
  luaL_buffinit(L, &buffer);
  for (index = 0; index < length; index++)
    luaL_addchar(&buffer, text[index] >= 'A' && text[index] <= 'Z' ? (char)(text[index] + ('a' - 'A')) : text[index]);
  luaL_pushresult(&buffer);
}

void studio_lua_headers_push(lua_State *L, const Buffer *head)
{
  const char *name, *value;
  size_t cursor = 0, name_length, value_length;
  lua_newtable(L);
  while (studio_headers_next(head, &cursor, &name, &name_length, &value, &value_length)) {
    push_lower(L, name, name_length);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_pushlstring(L, value, value_length);
    } else {
      lua_pushliteral(L, ", ");
      lua_pushlstring(L, value, value_length);
      lua_concat(L, 3);
    }
    lua_rawset(L, -3);
  }
}

void studio_lua_headers_open(lua_State *L)
{
  static const luaL_Reg functions[] = { { "headers", core_headers }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = {
    { "__gc", headers__gc },
    { "__close", headers__gc },
    { "__tostring", headers__tostring },
    { NULL, NULL },
  };
  static const luaL_Reg methods[] = { { "close", headers__gc }, { NULL, NULL } };
  studio_make_class(L, &headers_class, metamethods, methods);
  luaL_setfuncs(L, functions, 0);
}
