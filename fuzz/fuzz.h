/* What the harnesses share: a Lua state that has the library, and the end of the program when something does not hold. */
#ifndef STUDIO_FUZZ_H
#define STUDIO_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      abort(); \
    } \
  } while (0)

int luaopen_studio_core(lua_State *L);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first call makes the state and runs `setup`, which finds the library's Lua files below the working directory; what it returns is left
   at index 1. Later calls give the same state with nothing above that. */
static inline lua_State *fuzz_state(const char *setup)
{
  static lua_State *L;
  if (L != NULL) {
    lua_settop(L, 1);
    return L;
  }
  L = luaL_newstate();
  CHECK(L != NULL);
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_studio_core);
  lua_setfield(L, -2, "studio.core");
  lua_settop(L, 0);
  if (luaL_loadstring(L, "package.path = 'lua/?.lua;lua/?/init.lua'") != 0 || lua_pcall(L, 0, 0, 0) != 0 || luaL_loadstring(L, setup) != 0
      || lua_pcall(L, 0, 1, 0) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
  }
  return L;
}

#endif
