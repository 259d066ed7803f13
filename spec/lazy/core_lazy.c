/* A module whose library, spec/lazy/needed.c, lacks a function that it would call. */
#include <lauxlib.h>
#include <lua.h>

int needed(int call);
int luaopen_studio_core_lazy(lua_State *L);

int luaopen_studio_core_lazy(lua_State *L)
{
  lua_pushinteger(L, needed(0));
  return 1;
}
