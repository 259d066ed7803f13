/* Runs a Lua file in as many threads at once, each with a Lua state of its own: threads FILE THREADS ROUNDS [ARGUMENT...]. In each round a thread makes
   a state, calls the file with its number and the arguments, and closes the state. For the specs, which compile it. */
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Work {
  pthread_t thread;
  int number, rounds, argc, failed;
  char **argv;
} Work;

static void *run(void *data)
{
  Work *work = data;
  int round, index;
  for (round = 0; round < work->rounds && !work->failed; round++) {
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    work->failed = luaL_loadfile(L, work->argv[1]);
    if (!work->failed) {
      lua_pushnumber(L, work->number);
      for (index = 4; index < work->argc; index++)
        lua_pushstring(L, work->argv[index]);
      work->failed = lua_pcall(L, work->argc - 3, 0, 0);
    }
    if (work->failed)
      fprintf(stderr, "thread %d: %s\n", work->number, lua_tostring(L, -1));
    lua_close(L);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  int count = atoi(argv[2]), index, failed = 0;
  Work *works = calloc((size_t)count, sizeof *works);
  for (index = 0; index < count; index++) {
    works[index].number = index + 1;
    works[index].rounds = atoi(argv[3]);
    works[index].argc = argc;
    works[index].argv = argv;
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
