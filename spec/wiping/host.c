/*
 * Looks for secrets in its own memory once a client has closed: host SCENARIO.
 *
 * The interpreter's memory is overwritten when it is freed, so what is found was left by C code. The scenario is a Lua file that is given
 * two functions: `secret(name, text)` tells what to look for (kept here in another form, so that looking for it does not find it), `scan()`
 * gives, by name, how often each is found in the memory that can be written to.
 */
#define _GNU_SOURCE

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* Since 5.5 a state is given the seed of its hashes. */
#if LUA_VERSION_NUM >= 505
#define new_state(allocator) lua_newstate(allocator, NULL, 1)
#else
#define new_state(allocator) lua_newstate(allocator, NULL)
#endif

enum { SECRETS = 16, LENGTH = 4096, MASK = 0x5A };

static struct {
  char name[64];
  unsigned char masked[LENGTH];
  size_t length;
} secrets[SECRETS];
static int secret_count;

static void *allocate(void *context, void *memory, size_t old_size, size_t new_size)
{
  void *moved = NULL;
  (void)context;
  if (new_size > 0) {
    moved = malloc(new_size);
    if (moved == NULL)
      return NULL;
    if (memory != NULL)
      memcpy(moved, memory, old_size < new_size ? old_size : new_size);
  }
  if (memory != NULL) {
    volatile unsigned char *byte = memory;
    for (; old_size > 0; old_size--)
      *byte++ = 0;
    free(memory);
  }
  return moved;
}

static int add_secret(lua_State *L)
{
  size_t length, index;
  const char *name = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
  if (secret_count == SECRETS || length > LENGTH || length < 8)
    return luaL_error(L, "no such secret");
  snprintf(secrets[secret_count].name, sizeof secrets[secret_count].name, "%s", name);
  for (index = 0; index < length; index++)
    secrets[secret_count].masked[index] = (unsigned char)text[index] ^ MASK;
  secrets[secret_count++].length = length;
  return 0;
}

static size_t occurrences(const unsigned char *from, const unsigned char *to, const unsigned char *masked, size_t length)
{
  size_t found = 0, index;
  if ((size_t)(to - from) < length)
    return 0;
  /* No memchr: a sanitizer would forbid it to look at what has been freed. */
  for (to -= length; from <= to; from++) {
    for (index = 0; index < length && (from[index] ^ MASK) == masked[index]; index++)
      continue;
    if (index < length)
      continue;
    found++;
    if (getenv("SHOW_SECRETS") != NULL)
      fprintf(stderr, "%p: %.*s\n", (const void *)from, (int)length + 60, (const char *)from - 40);
  }
  return found;
}

static int scan(lua_State *L)
{
  size_t found[SECRETS] = { 0 };
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "r");
  int index;
  if (maps == NULL)
    return luaL_error(L, "no /proc/self/maps");
  while (fgets(line, sizeof line, maps) != NULL) {
    unsigned long from, to;
    char flags[5];
    if (sscanf(line, "%lx-%lx %4s", &from, &to, flags) != 3 || strncmp(flags, "rw", 2) != 0 || strstr(line, "[v") != NULL)
      continue;
    if (to - from > 1ul << 27) /* the shadow memory of a sanitizer */
      continue;
    for (index = 0; index < secret_count; index++)
      found[index] += occurrences((const unsigned char *)from, (const unsigned char *)to, secrets[index].masked, secrets[index].length);
  }
  fclose(maps);
  lua_newtable(L);
  for (index = 0; index < secret_count; index++) {
    lua_pushinteger(L, (lua_Integer)found[index]);
    lua_setfield(L, -2, secrets[index].name);
  }
  return 1;
}

int main(int count, char **arguments)
{
  lua_State *L = new_state(allocate);
  if (count != 2 || L == NULL)
    return 2;
  luaL_openlibs(L);
  if (luaL_loadfile(L, arguments[1]) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return 2;
  }
  lua_pushcfunction(L, add_secret);
  lua_pushcfunction(L, scan);
  if (lua_pcall(L, 2, 0, 0) != 0) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return 1;
  }
  lua_close(L);
  return 0;
}
