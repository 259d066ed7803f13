#include "classes.h"

void *studio_check_self(lua_State *L, const char *name)
{
  void *self = lua_touserdata(L, 1);
  if (self != NULL && lua_getmetatable(L, 1)) {
    int is_ours = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
    if (is_ours)
      return self;
  }
  return luaL_checkudata(L, 1, name);
}

void studio_make_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods)
{
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, metamethods, 0);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  if (methods != NULL) {
    lua_newtable(L);
    for (; methods->name != NULL; methods++) {
      lua_pushvalue(L, -2);
      lua_pushcclosure(L, methods->func, 1);
      lua_setfield(L, -2, methods->name);
    }
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}
