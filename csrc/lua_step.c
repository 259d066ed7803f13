/* A step of an engine, taken on behalf of a Lua program. */
#include "lua_step.h"

#if defined(LUA_RIDX_MAINTHREAD)
/* The main coroutine of this Lua state. */
static lua_State *main_thread(lua_State *L)
{
  lua_State *thread;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  thread = lua_tothread(L, -1);
  lua_pop(L, 1);
  return thread;
}
#else
#define main_thread(L) (L) /* LuaJIT has one hook for all threads, PUC 5.1 no way to the main thread's */
#endif

int studio_lua_step(lua_State *L, Engine *engine, double seconds, double budget)
{
  lua_State *thread = main_thread(L);
  lua_Hook hook = lua_gethook(thread);
  int running = studio_engine_step(engine, seconds, budget);
  /* The interpreter's Ctrl-C sets a hook on the main thread; a coroutine that waits here would not notice. */
  if (thread != L && lua_gethook(thread) != hook)
    lua_sethook(L, lua_gethook(thread), lua_gethookmask(thread), lua_gethookcount(thread));
  return running;
}
