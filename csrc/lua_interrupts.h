/* Counting SIGINT for jobs that end cleanly. */
#ifndef STUDIO_LUA_INTERRUPTS_H
#define STUDIO_LUA_INTERRUPTS_H

#include "compat.h"

#pragma GCC visibility push(hidden)

/* Puts catch_interrupts, interrupts and release_interrupts into the table on top of the stack. */
void studio_lua_interrupts_open(lua_State *L);

#pragma GCC visibility pop

#endif
