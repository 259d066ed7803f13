/* Classes of userdata: their metatables, and whether a value is of one. */
#include "lua_class.h"

#include <string.h>

/* Pushes the metatable of a class, or nil before studio_make_class. */
static void push_metatable(lua_State *L, const Class *class)
{
  lua_pushlightuserdata(L, (void *)class);
  lua_rawget(L, LUA_REGISTRYINDEX);
}

void studio_set_class(lua_State *L, const Class *class)
{
  push_metatable(L, class);
  lua_setmetatable(L, -2);
}

/* Raises: the argument is not of the class. A class of the same name is that of another copy of this module. */
static void refuse(lua_State *L, int index, const Class *class)
{
  const char *name = NULL;
  if (lua_type(L, index) == LUA_TUSERDATA && luaL_getmetafield(L, index, "__name") && lua_type(L, -1) == LUA_TSTRING)
    name = lua_tostring(L, -1);
  if (name != NULL && strcmp(name, class->name) == 0)
    lua_pushfstring(L, "%s expected, got a %s of another copy of the module", name, name);
  else
    lua_pushfstring(L, "%s expected, got %s", class->name, luaL_typename(L, index));
  luaL_argerror(L, index, lua_tostring(L, -1));
}

void *studio_check_class(lua_State *L, int index, const Class *class)
{
  void *object = lua_touserdata(L, index);
  int is_ours;
  if (object == NULL || !lua_getmetatable(L, index))
    refuse(L, index, class);
  push_metatable(L, class);
  is_ours = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (!is_ours)
    refuse(L, index, class);
  return object;
}

void *studio_check_self(lua_State *L, const Class *class)
{
  void *self = lua_touserdata(L, 1);
  if (self != NULL && lua_getmetatable(L, 1)) {
    int is_ours = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
    if (is_ours)
      return self;
  }
  return studio_check_class(L, 1, class);
}

/* Adds the functions to the table on top of the stack, each with the metatable below that as its upvalue. */
static void add_functions(lua_State *L, const luaL_Reg *functions)
{
  for (; functions->name != NULL; functions++) {
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, functions->func, 1);
    lua_setfield(L, -2, functions->name);
  }
}

void studio_make_class(lua_State *L, const Class *class, const luaL_Reg *metamethods, const luaL_Reg *methods)
{
  push_metatable(L, class);
  if (!lua_isnil(L, -1)) { /* a program may open the module twice; what it has of the first time stays good */
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushlightuserdata(L, (void *)class);
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
  lua_pushvalue(L, -1);
  add_functions(L, metamethods);
  lua_pop(L, 1);
  lua_pushstring(L, class->name);
  lua_setfield(L, -2, "__name");
  if (methods != NULL) {
    lua_newtable(L);
    add_functions(L, methods);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}
