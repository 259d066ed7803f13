/*
 * Runs a Lua scenario again and again, each time with another allocation that fails: the first, the second, and so on until there are no
 * more.
 *
 *     host SCENARIO lua|module|c once|on
 *
 * `lua` fails the interpreter's allocations, `module` those of them that a C function of studio's asked for, `c` those that studio's
 * modules and libcurl make with malloc and its kin. `once` fails one allocation, `on` that one and all that follow. The scenario is a Lua
 * file that returns two functions. The first, `prepare`, runs undisturbed and gives what is passed to the second, `run`, which is the one
 * that suffers; then `run` must succeed once more, undisturbed, in the same state. Whatever `run` gives or raises is fine while it suffers.
 * Not fine: a crash, memory or descriptors that are still there when the state has closed, memory freed twice.
 *
 * LuaJIT is run with `module`: a trace of its own that runs out of memory crashes, in programs that know nothing of studio, too.
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* Since 5.5 a state is given the seed of its hashes. */
#if LUA_VERSION_NUM >= 505
#define new_state(allocator) lua_newstate(allocator, NULL, 1)
#else
#define new_state(allocator) lua_newstate(allocator, NULL)
#endif

enum { WORDS = 1 << 16 };

static struct {
  int fails_lua, in_module, goes_on, armed;
  unsigned long count, target;
  int failed;                      /* whether the target was reached */
  long live;                       /* tracked allocations that were not freed */
  struct { void *memory, *caller; } table[WORDS];
} state;

/* ---- Who asks ---- */

enum { OTHERS, STUDIO, LIBCURL, LIBSSL };

/* What dladdr says is kept by page, for it is too slow to be asked each time; until the state closes, and its modules may be unloaded. */
enum { PAGES = 4096 };
static struct { uintptr_t page; int owner; } known[PAGES];

static int owner_of(void *code)
{
  uintptr_t page = (uintptr_t)code >> 12;
  size_t place = page % PAGES;
  if (known[place].page != page) {
    Dl_info info;
    int armed = state.armed, owner = OTHERS;
    state.armed = 0;
    if (dladdr(code, &info) != 0 && info.dli_fname != NULL)
      owner = strstr(info.dli_fname, "/studio/") != NULL ? STUDIO : strstr(info.dli_fname, "libcurl") != NULL ? LIBCURL
              : strstr(info.dli_fname, "libssl") != NULL ? LIBSSL : OTHERS;
    state.armed = armed;
    known[place].page = page;
    known[place].owner = owner;
  }
  return known[place].owner;
}

/* Whether one of the callers is of that owner. */
static int is_inside(int owner)
{
  void *frames[12];
  int index, count, armed = state.armed, found = 0;
  state.armed = 0;
  count = backtrace(frames, 12);
  for (index = 0; index < count; index++)
    found |= owner_of(frames[index]) == owner;
  state.armed = armed;
  return found;
}

/* ---- Which allocation fails ---- */

static int fails_now(void)
{
  state.count++;
  if (state.count == state.target || (state.goes_on && state.count > state.target)) {
    state.failed = 1;
    return 1;
  }
  return 0;
}

static void *lua_allocate(void *context, void *memory, size_t old_size, size_t new_size)
{
  (void)context;
  if (new_size == 0) {
    free(memory);
    return NULL;
  }
  /* Lua relies on it that a block may always become smaller. */
  if (state.armed && state.fails_lua && (memory == NULL || new_size > old_size) && (!state.in_module || is_inside(STUDIO)) && fails_now())
    return NULL;
  return realloc(memory, new_size);
}

/* ---- malloc and its kin: this program's come before libc's ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

static size_t slot_of(const void *memory)
{
  return (size_t)(((uintptr_t)memory >> 4) * 0x9E3779B1u) % WORDS;
}

static void track(void *memory, void *caller)
{
  size_t slot = slot_of(memory);
  while (state.table[slot].memory != NULL && state.table[slot].memory != (void *)-1)
    slot = (slot + 1) % WORDS;
  state.table[slot].memory = memory;
  state.table[slot].caller = caller;
  state.live++;
}

static int forget(void *memory)
{
  size_t slot = slot_of(memory);
  for (; state.table[slot].memory != NULL; slot = (slot + 1) % WORDS) {
    if (state.table[slot].memory == memory) {
      state.table[slot].memory = (void *)-1;
      state.live--;
      return 1;
    }
  }
  return 0;
}

/* Not where libssl has called libcurl, to give it a session to keep: until 8.8 libcurl frees the session twice when there is no memory to
   keep it with. */
static int is_counted(void *caller)
{
  int owner;
  if (!state.armed || state.fails_lua)
    return 0;
  owner = owner_of(caller);
  return owner != OTHERS && owner != LIBSSL && !is_inside(LIBSSL);
}

void *malloc(size_t size)
{
  void *caller = __builtin_return_address(0), *memory;
  int counted = is_counted(caller);
  if (counted && fails_now()) {
    errno = ENOMEM;
    return NULL;
  }
  memory = __libc_malloc(size);
  if (counted && memory != NULL)
    track(memory, caller);
  return memory;
}

void *calloc(size_t count, size_t size)
{
  void *caller = __builtin_return_address(0), *memory;
  int counted = is_counted(caller);
  if (counted && fails_now()) {
    errno = ENOMEM;
    return NULL;
  }
  memory = __libc_calloc(count, size);
  if (counted && memory != NULL)
    track(memory, caller);
  return memory;
}

void *realloc(void *memory, size_t size)
{
  void *caller = __builtin_return_address(0), *moved;
  int counted = is_counted(caller), tracked;
  if (counted && size > 0 && fails_now()) {
    errno = ENOMEM;
    return NULL;
  }
  tracked = memory != NULL && forget(memory);
  moved = __libc_realloc(memory, size);
  if (moved != NULL ? tracked || counted : tracked && size > 0)
    track(moved != NULL ? moved : memory, caller);
  return moved;
}

void free(void *memory)
{
  int kept = errno;
  if (memory != NULL)
    forget(memory);
  __libc_free(memory);
  errno = kept;
}

char *strdup(const char *text)
{
  void *caller = __builtin_return_address(0);
  size_t size = strlen(text) + 1;
  int counted = is_counted(caller);
  char *copy;
  if (counted && fails_now()) {
    errno = ENOMEM;
    return NULL;
  }
  copy = __libc_malloc(size);
  if (copy != NULL)
    memcpy(copy, text, size);
  if (counted && copy != NULL)
    track(copy, caller);
  return copy;
}

/* ---- One run ---- */

static int count_descriptors(void)
{
  DIR *folder = opendir("/proc/self/fd");
  int count = 0;
  if (folder == NULL)
    return 0;
  while (readdir(folder) != NULL)
    count++;
  closedir(folder);
  return count;
}

static void on_crash(int signal_number)
{
  void *frames[40];
  char text[120];
  int length = snprintf(text, sizeof text, "crashed (signal %d) when allocation %lu failed\n", signal_number, state.target);
  state.armed = 0;
  signal(SIGABRT, SIG_DFL);
  signal(SIGSEGV, SIG_DFL);
  if (write(2, text, (size_t)length) == length)
    backtrace_symbols_fd(frames, backtrace(frames, 40), 2);
  _exit(3);
}

static void give_up(const char *what, const char *text)
{
  state.armed = 0;
  fprintf(stderr, "allocation %lu: %s: %s\n", state.target, what, text != NULL ? text : "?");
  exit(1);
}

/* An error object as text. */
static const char *message_of(lua_State *L)
{
  if (lua_type(L, -1) == LUA_TSTRING)
    return lua_tostring(L, -1);
  lua_getglobal(L, "tostring");
  lua_insert(L, -2);
  return lua_pcall(L, 1, 1, 0) == 0 ? lua_tostring(L, -1) : "an error that has no text";
}

static int run(lua_State *L)
{
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  return lua_pcall(L, 1, 0, 0);
}

/* 0 when the target was beyond the last allocation. */
static int suffer(const char *scenario)
{
  lua_State *L = new_state(lua_allocate);
  int before = count_descriptors(), after, failed;
  long live = state.live;
  if (L == NULL)
    give_up("no state", NULL);
  luaL_openlibs(L);
  /* Nobody can look through the frames of a trace. */
  if (state.in_module && (luaL_loadstring(L, "if jit then jit.off() end") != 0 || lua_pcall(L, 0, 0, 0) != 0))
    give_up("jit", lua_tostring(L, -1));
  if (luaL_loadfile(L, scenario) != 0 || lua_pcall(L, 0, 2, 0) != 0)
    give_up("the scenario", lua_tostring(L, -1));
  if (lua_pcall(L, 0, 1, 0) != 0) /* run, what prepare gave */
    give_up("prepare", lua_tostring(L, -1));
  state.count = 0;
  state.failed = 0;
  state.armed = 1;
  run(L);
  state.armed = 0;
  failed = state.failed;
  lua_settop(L, 2);
  if (run(L) != 0)
    give_up("run after the failure", message_of(L));
  lua_close(L);
  after = count_descriptors();
  if (after != before) {
    fprintf(stderr, "%d descriptors before, %d after\n", before, after);
    give_up("leak", "descriptors");
  }
  if (state.live != live) {
    size_t slot;
    for (slot = 0; slot < WORDS; slot++) {
      if (state.table[slot].memory != NULL && state.table[slot].memory != (void *)-1) {
        fprintf(stderr, "still there:\n");
        backtrace_symbols_fd(&state.table[slot].caller, 1, 2);
      }
    }
    give_up("leak", "memory");
  }
  memset(state.table, 0, sizeof state.table);
  memset(known, 0, sizeof known);
  return failed;
}

int main(int count, char **arguments)
{
  void *warm[1];
  if (count != 4) {
    fprintf(stderr, "usage: %s SCENARIO lua|module|c once|on\n", arguments[0]);
    return 2;
  }
  backtrace(warm, 1); /* it allocates when it is first called */
  signal(SIGSEGV, on_crash);
  signal(SIGABRT, on_crash);
  signal(SIGBUS, on_crash);
  signal(SIGALRM, on_crash);
  state.in_module = strcmp(arguments[2], "module") == 0;
  state.fails_lua = state.in_module || strcmp(arguments[2], "lua") == 0;
  state.goes_on = strcmp(arguments[3], "on") == 0;
  state.target = (unsigned long)-1;
  suffer(arguments[1]); /* what libraries keep for the life of the process is made here */
  state.target = 0;
  do {
    state.target++;
    alarm(60);
  } while (suffer(arguments[1]));
  printf("%-6s %-4s  each of %lu allocations failed: no crash, leak or double free\n", arguments[2], arguments[3], state.target - 1);
  return 0;
}
