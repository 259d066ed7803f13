/* fork, wait and _exit for the specs; compiled by them. */
#include <lua.h>
#include <lauxlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

static int posix_fork(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)fork());
  return 1;
}

/* wait(pid) -> exit status, or minus the number of the signal */
static int posix_wait(lua_State *L)
{
  int status = 0;
  waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0);
  lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
  return 1;
}

/* Ends at once: no finalizer and no exit handler runs. */
static int posix_exit(lua_State *L)
{
  _exit((int)luaL_optinteger(L, 1, 0));
  return 0;
}

static int posix_pid(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)getpid());
  return 1;
}

static int posix_alarm(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)alarm((unsigned int)luaL_checkinteger(L, 1)));
  return 1;
}

int luaopen_posix(lua_State *L);

int luaopen_posix(lua_State *L)
{
  lua_newtable(L);
  lua_pushcfunction(L, posix_fork);
  lua_setfield(L, -2, "fork");
  lua_pushcfunction(L, posix_wait);
  lua_setfield(L, -2, "wait");
  lua_pushcfunction(L, posix_exit);
  lua_setfield(L, -2, "exit");
  lua_pushcfunction(L, posix_pid);
  lua_setfield(L, -2, "pid");
  lua_pushcfunction(L, posix_alarm);
  lua_setfield(L, -2, "alarm");
  return 1;
}
