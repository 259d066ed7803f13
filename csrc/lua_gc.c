#include "lua_gc.h"

#include "compat.h"

/* Whether the collector is at work and can be told to rest and go on. PUC 5.1 cannot say, and answers -1. */
static int is_running(lua_State *L)
{
#ifdef LUA_GCISRUNNING
  return lua_gc(L, LUA_GCISRUNNING, 0) == 1;
#else
  (void)L;
  return 0;
#endif
}

/* Has the collector do what so many KiB of allocations would have had it do. */
static void catch_up(lua_State *L, int grown)
{
#ifdef LUA_GCPSTEPSIZE
  /* One call does one basic step, of the size that is set, however many bytes it is told of. */
  size_t step = (size_t)lua_gc(L, LUA_GCPARAM, LUA_GCPSTEPSIZE, -1), left = (size_t)grown * 1024;
  if (step < 1024)
    step = 1024;
  for (; left > 0; left -= left < step ? left : step) {
    if (lua_gc(L, LUA_GCSTEP, step))
      break;
  }
#else
  lua_gc(L, LUA_GCSTEP, (grown + STUDIO_STEP_SHARE - 1) / STUDIO_STEP_SHARE);
#endif
}

int studio_without_collector(lua_State *L, lua_CFunction work, void *argument)
{
  int base = lua_gettop(L), running = is_running(L), before, grown, status;
  lua_pushcfunction(L, work);
  lua_pushlightuserdata(L, argument);
  if (!running) {
    lua_call(L, 1, LUA_MULTRET);
    return lua_gettop(L) - base;
  }
  before = lua_gc(L, LUA_GCCOUNT, 0);
  lua_gc(L, LUA_GCSTOP, 0);
  status = lua_pcall(L, 1, LUA_MULTRET, 0);
  grown = lua_gc(L, LUA_GCCOUNT, 0) - before;
  lua_gc(L, LUA_GCRESTART, 0);
  /* Allocations are what drives the collector: those that it did not see would otherwise never be paid for. */
  if (grown > 0)
    catch_up(L, grown);
  if (status != 0)
    return lua_error(L);
  return lua_gettop(L) - base;
}
