/* Lua's garbage collector, and work that it should not get into. */
#ifndef STUDIO_LUA_GC_H
#define STUDIO_LUA_GC_H

#include <lua.h>

#pragma GCC visibility push(hidden)

/*
 * Calls work with the argument as a light userdata while the collector rests, and makes the collector catch up afterwards.
 * Leaves the results on the stack and returns how many there are; what work raises is raised. A collector that the program
 * stopped stays stopped.
 */
int studio_without_collector(lua_State *L, lua_CFunction work, void *argument);

#pragma GCC visibility pop

#endif
