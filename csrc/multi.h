#ifndef STUDIO_MULTI_H
#define STUDIO_MULTI_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* With the module table on top of the stack: adds multi and headers, and makes the metatables. */
void studio_multi_open(lua_State *L);

#pragma GCC visibility pop

#endif
