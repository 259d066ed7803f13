/* Classes of userdata. */
#ifndef STUDIO_LUA_CLASS_H
#define STUDIO_LUA_CLASS_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* A class is known by its address: another copy of this module in the same Lua state, of another version, has classes of its own, and
   neither takes the userdata of the other for its own. The name is for people. */
typedef struct Class {
  const char *name;
} Class;

/* Makes the metatable of a class; the methods, where there are some, get it as their upvalue. */
void studio_make_class(lua_State *L, const Class *class, const luaL_Reg *metamethods, const luaL_Reg *methods);
/* Gives the userdata on top of the stack its class. */
void studio_set_class(lua_State *L, const Class *class);
/* For a method: its first argument, which has to be of the class whose metatable is the upvalue. */
void *studio_check_self(lua_State *L, const Class *class);
/* The userdata of a class at an index; raises where it is none. */
void *studio_check_class(lua_State *L, int index, const Class *class);

#pragma GCC visibility pop

#endif
