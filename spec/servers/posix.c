/* fork, wait, _exit and a signal for the specs; compiled by them. */
#include <lua.h>
#include <lauxlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
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

static volatile sig_atomic_t alarms;

static void on_alarm(int signal)
{
  (void)signal;
  alarms = alarms + 1;
}

static int posix_catch_alarm(lua_State *L)
{
  struct sigaction action;
  (void)L;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, NULL);
  return 0;
}

/* alarm_each(seconds): again and again */
static int posix_alarm_each(lua_State *L)
{
  struct itimerval timer;
  memset(&timer, 0, sizeof timer);
  timer.it_value.tv_usec = (suseconds_t)(luaL_checknumber(L, 1) * 1e6);
  timer.it_interval = timer.it_value;
  setitimer(ITIMER_REAL, &timer, NULL);
  return 0;
}

/* How many came. */
static int posix_alarms(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)alarms);
  return 1;
}

static void add(lua_State *L, const char *name, lua_CFunction function)
{
  lua_pushcfunction(L, function);
  lua_setfield(L, -2, name);
}

int luaopen_test_posix(lua_State *L);

int luaopen_test_posix(lua_State *L)
{
  lua_newtable(L);
  add(L, "fork", posix_fork);
  add(L, "wait", posix_wait);
  add(L, "exit", posix_exit);
  add(L, "catch_alarm", posix_catch_alarm);
  add(L, "alarm_each", posix_alarm_each);
  add(L, "alarms", posix_alarms);
  return 1;
}
