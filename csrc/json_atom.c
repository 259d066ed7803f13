#include "json_atom.h"

#include "compat.h"

static const char *push_number(lua_State *L, const char *at, const char *end, struct json_fault *fault)
{
  struct json_number number;
  const char *stop = studio_json_scan_number(at, end, &number, fault);
  if (stop == NULL)
    return NULL;
  if (!number.is_integer)
    lua_pushnumber(L, (lua_Number)number.real);
#if STUDIO_HAS_INTEGERS
  else if (number.integer >= LUA_MININTEGER && number.integer <= LUA_MAXINTEGER)
    lua_pushinteger(L, (lua_Integer)number.integer);
#endif
  else
    lua_pushnumber(L, (lua_Number)number.integer);
  return stop;
}

const char *studio_json_push_atom(lua_State *L, const char *at, const char *end, struct json_fault *fault)
{
  switch (*at) {
  case 't':
    lua_pushboolean(L, 1);
    return studio_json_scan_word(at, end, "true", fault);
  case 'f':
    lua_pushboolean(L, 0);
    return studio_json_scan_word(at, end, "false", fault);
  case 'n':
    lua_pushlightuserdata(L, NULL);
    return studio_json_scan_word(at, end, "null", fault);
  case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
    return push_number(L, at, end, fault);
  default:
    return studio_json_fail(fault, at, "expected a value", true);
  }
}
