#ifndef STUDIO_LUA_SYSTEM_H
#define STUDIO_LUA_SYSTEM_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds file_mode, has_reader, make_private and terminal. */
void studio_lua_system_open(lua_State *L);

#pragma GCC visibility pop

#endif
