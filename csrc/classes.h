/* Classes of userdata. */
#ifndef STUDIO_CLASSES_H
#define STUDIO_CLASSES_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* Makes a metatable of that name; the methods, where there are some, get it as their upvalue. */
void studio_make_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods);
/* For a method: what luaL_checkudata does, without a look into the registry. */
void *studio_check_self(lua_State *L, const char *name);

#pragma GCC visibility pop

#endif
