/* Counting SIGINT for jobs that end cleanly. An interpreter's own handler has the program raise wherever it is, in the middle of a
   transaction, too; this one counts, and leaves it to the job when to look. */
#define _POSIX_C_SOURCE 200809L /* sigaction */
#define _DARWIN_C_SOURCE

#include "lua_interrupts.h"

#include <signal.h>

/* The handler belongs to the process, whatever Lua states there are. */
static volatile sig_atomic_t count;
static int holders;

#if defined(_WIN32)

static void (*before)(int);

/* The handler: counts the first SIGINT; the second ends the process as if there were no handler. */
static void note_interrupt(int number)
{
  count++;
  signal(number, count < 2 ? note_interrupt : SIG_DFL);
  if (count >= 2)
    raise(number);
}

/* Puts the handler in place of what was there; gives whether that could be done. */
static int catch_them(void)
{
  before = signal(SIGINT, note_interrupt);
  return before != SIG_ERR;
}

/* Puts back what was there. */
static void release_them(void)
{
  signal(SIGINT, before);
}

#else

static struct sigaction before;

/* The handler: counts the first SIGINT; the second ends the process as if there were no handler. */
static void note_interrupt(int number)
{
  struct sigaction standard;
  if (++count < 2)
    return;
  standard.sa_handler = SIG_DFL;
  standard.sa_flags = 0;
  sigemptyset(&standard.sa_mask);
  sigaction(number, &standard, NULL);
  raise(number); /* comes when this handler returns */
}

/* Puts the handler in place of what was there; gives whether that could be done. */
static int catch_them(void)
{
  struct sigaction action;
  action.sa_handler = note_interrupt;
  action.sa_flags = SA_RESTART; /* for the program's files and databases; the wait for sockets is cut short all the same */
  sigemptyset(&action.sa_mask);
  return sigaction(SIGINT, &action, &before) == 0;
}

/* Puts back what was there. */
static void release_them(void)
{
  sigaction(SIGINT, &before, NULL);
}

#endif

/* catch_interrupts() -> whether SIGINT is counted from now on. The first one does nothing else; the second ends the process at once, as
   the system does it. Whoever calls this calls release_interrupts() as often. */
static int core_catch_interrupts(lua_State *L)
{
  if (holders == 0) {
    count = 0;
    if (!catch_them()) {
      lua_pushboolean(L, 0);
      return 1;
    }
  }
  holders++;
  lua_pushboolean(L, 1);
  return 1;
}

/* interrupts() -> how many came since catch_interrupts() */
static int core_interrupts(lua_State *L)
{
  lua_pushinteger(L, holders > 0 ? (lua_Integer)count : 0);
  return 1;
}

/* release_interrupts(): the handler that was there before is back when all have let go */
static int core_release_interrupts(lua_State *L)
{
  (void)L;
  if (holders > 0 && --holders == 0)
    release_them();
  return 0;
}

void studio_lua_interrupts_open(lua_State *L)
{
  lua_pushcfunction(L, core_catch_interrupts);
  lua_setfield(L, -2, "catch_interrupts");
  lua_pushcfunction(L, core_interrupts);
  lua_setfield(L, -2, "interrupts");
  lua_pushcfunction(L, core_release_interrupts);
  lua_setfield(L, -2, "release_interrupts");
}
