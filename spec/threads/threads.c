/* Runs a Lua file in as many threads at once, each with a Lua state of its own: threads FILE THREADS ROUNDS. In each round a thread makes a
   state, calls the file with its number, and closes the state. For the specs and `make tsan`, which compile it. */
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Work {
  pthread_t thread;
  const char *file;
  int number, rounds, failed;
} Work;

static void *run(void *data)
{
  Work *work = data;
  int round;
  for (round = 0; round < work->rounds && !work->failed; round++) {
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    work->failed = luaL_loadfile(L, work->file);
    if (!work->failed) {
      lua_pushnumber(L, work->number);
      work->failed = lua_pcall(L, 1, 0, 0);
    }
    if (work->failed)
      fprintf(stderr, "thread %d: %s\n", work->number, lua_tostring(L, -1));
    lua_close(L);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  int count = argc == 4 ? atoi(argv[2]) : 0, index, failed = 0;
  Work *works = calloc((size_t)count + 1, sizeof *works);
  if (count < 1 || works == NULL)
    return 2;
  for (index = 0; index < count; index++) {
    works[index].file = argv[1];
    works[index].number = index + 1;
    works[index].rounds = atoi(argv[3]);
    if (pthread_create(&works[index].thread, NULL, run, &works[index]) != 0)
      return 1;
  }
  for (index = 0; index < count; index++) {
    pthread_join(works[index].thread, NULL);
    failed |= works[index].failed;
  }
  free(works);
  puts(failed ? "failed" : "fine");
  return failed != 0;
}
