/*
 * luaopen_studio_core: opens the module proper, core_lazy, whose file stands beside this one. When Lua opens a module it binds every symbol
 * of it and of all libraries that it needs, and libcurl needs some thirty of which a program uses little. Opened from here, they are bound
 * as they are used.
 */
#define _GNU_SOURCE /* dladdr; elsewhere it is there without */
#define _DARWIN_C_SOURCE

#include "compat.h"

#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#if defined(_WIN32)

static lua_CFunction open_neighbour(lua_State *L)
{
  lua_pushnil(L);
  return NULL;
}

static void stay_loaded(lua_CFunction function)
{
  HMODULE module;
  GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, (LPCSTR)(uintptr_t)function, &module);
}

#else

/* Pushes the path of core_lazy.so, or whatever this file's extension is; nil when this file has another name, or is the program. */
static const char *push_neighbour(lua_State *L)
{
  static const char here;
  const char *name;
  Dl_info file;
  if (dladdr(&here, &file) == 0 || file.dli_fname == NULL) {
    lua_pushnil(L);
    return NULL;
  }
  name = strrchr(file.dli_fname, '/');
  name = name != NULL ? name + 1 : file.dli_fname;
  if (strncmp(name, "core.", 5) != 0) {
    lua_pushnil(L);
    return NULL;
  }
  lua_pushlstring(L, file.dli_fname, (size_t)(name - file.dli_fname));
  return lua_pushfstring(L, "%score_lazy%s", lua_tostring(L, -1), name + 4);
}

/* The function that opens the neighbour; or NULL, and why is pushed, or nil when there is none. It is never closed: a thread of libcurl's
   may still be waiting for a name server when the last Lua state has closed, and must find its code there. */
static lua_CFunction open_neighbour(lua_State *L)
{
  const char *path = push_neighbour(L);
  lua_CFunction function = NULL;
  void *library, *address;
  if (path == NULL)
    return NULL;
  library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  address = library != NULL ? dlsym(library, "luaopen_studio_core_lazy") : NULL;
  if (address == NULL)
    lua_pushstring(L, dlerror());
  memcpy(&function, &address, sizeof function);
  return function;
}

/* One handle more of the file that the function is in; none of the program itself, which some systems would load once again. */
static void stay_loaded(lua_CFunction function)
{
#if defined(RTLD_NOLOAD)
  Dl_info file;
  void *address;
  memcpy(&address, &function, sizeof address);
  if (dladdr(address, &file) != 0)
    dlopen(file.dli_fname, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
#endif
}

#endif

/* For modules that were renamed or that the program has in package.preload. `why` is the index of what open_neighbour pushed. */
static int require_it(lua_State *L, int why)
{
  lua_getglobal(L, "require");
  lua_pushliteral(L, "studio.core_lazy");
  if (lua_pcall(L, 1, 1, 0) != 0) {
    const char *reason = lua_tostring(L, why), *message = lua_tostring(L, -1);
    if (reason != NULL && message != NULL && strstr(message, reason) == NULL)
      lua_pushfstring(L, "%s\n\t%s", message, reason);
    return lua_error(L);
  }
  /* Lua will close what it has opened. */
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "now");
    if (lua_iscfunction(L, -1))
      stay_loaded(lua_tocfunction(L, -1));
    lua_pop(L, 1);
  }
  return 1;
}

STUDIO_EXPORT int luaopen_studio_core(lua_State *L);

STUDIO_EXPORT int luaopen_studio_core(lua_State *L)
{
  lua_CFunction function;
  studio_check_lua(L);
  function = open_neighbour(L);
  return function != NULL ? function(L) : require_it(L, lua_gettop(L));
}
