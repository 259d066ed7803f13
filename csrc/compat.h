/* What differs between Lua 5.1 (and LuaJIT), 5.2, 5.3, 5.4 and 5.5. The only file that names LUA_VERSION_NUM. */
#ifndef STUDIO_COMPAT_H
#define STUDIO_COMPAT_H

#include <lua.h>
#include <lauxlib.h>

/* No visibility flag is needed: each header of ours hides what it declares, and this marks the one symbol that is to be seen. */
#if defined(_WIN32)
#define STUDIO_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define STUDIO_EXPORT __attribute__((visibility("default")))
#else
#define STUDIO_EXPORT
#endif

/* LuaJIT has some of these itself; the macros keep one binary good for LuaJIT and for PUC 5.1, which has none. */
#if LUA_VERSION_NUM < 502
#undef luaL_newlib
#undef luaL_setfuncs
#define lua_rawlen(L, index) lua_objlen(L, index)
#define luaL_newlib(L, functions) \
  (lua_createtable(L, 0, (int)(sizeof(functions) / sizeof((functions)[0])) - 1), luaL_register(L, NULL, functions))
#define luaL_setfuncs(L, functions, upvalues) luaL_register(L, NULL, functions)
#endif

/* A module that was built for one Lua fails in another as soon as it is opened: only 5.1 and LuaJIT have lua_objlen, only the others have
   luaL_checkversion, and that tells them apart. */
#if LUA_VERSION_NUM < 502
#define studio_check_lua(L) ((void)lua_objlen(L, LUA_REGISTRYINDEX))
#else
#define studio_check_lua(L) luaL_checkversion(L)
#endif

/* Whether the running coroutine may yield. PUC 5.1 and 5.2 cannot tell; LuaJIT can, and is looked for when the program runs, for one
   binary is good for it and for PUC 5.1. */
#if LUA_VERSION_NUM >= 503
#define studio_is_yieldable(L) lua_isyieldable(L)
#elif LUA_VERSION_NUM < 502 && defined(__GNUC__) && !defined(_WIN32)
extern int lua_isyieldable(lua_State *L) __attribute__((weak));
#define studio_is_yieldable(L) (lua_isyieldable == NULL || lua_isyieldable(L))
#else
#define studio_is_yieldable(L) ((void)(L), 1)
#endif

/* From 5.3 on a Lua number may be a 64-bit integer; before that every number is a double. */
#if LUA_VERSION_NUM >= 503
#define STUDIO_HAS_INTEGERS 1
#else
#define STUDIO_HAS_INTEGERS 0
#endif

#if LUA_VERSION_NUM >= 504
#define studio_newuserdata(L, size) lua_newuserdatauv(L, size, 1)
/* The incremental collector's step does about six times as much work as it is told, and after a rest it does not pause: told of all that a
   text took, it would go through the whole heap for each. To the generational one every step is one young collection. */
#define STUDIO_STEP_SHARE 32
#else
#define studio_newuserdata(L, size) lua_newuserdata(L, size)
#define STUDIO_STEP_SHARE 1
#endif

#endif
