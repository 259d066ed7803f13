#ifndef STUDIO_LUA_MULTI_H
#define STUDIO_LUA_MULTI_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds multi, and makes the metatable. */
void studio_lua_multi_open(lua_State *L);

#pragma GCC visibility pop

#endif
