#ifndef STUDIO_LUA_FILE_H
#define STUDIO_LUA_FILE_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds hold. */
void studio_lua_file_open(lua_State *L);

#pragma GCC visibility pop

#endif
