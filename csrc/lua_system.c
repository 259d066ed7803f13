/* What a command asks the system that Lua's own library does not tell: the terminal it writes to, whether anybody reads, and who may read a
   file. */
#define _DEFAULT_SOURCE /* struct winsize */
#define _DARWIN_C_SOURCE

#include "lua_system.h"

#include <errno.h>
#include <string.h>

#if defined(_WIN32)
#include <io.h>
#include <stdio.h>
#else
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#endif

/* terminal(descriptor) -> columns, rows of the terminal it is; 0 where the terminal does not know them; nil when it is none */
static int core_terminal(lua_State *L)
{
  int descriptor = (int)luaL_checkinteger(L, 1);
#if defined(_WIN32)
  if (!_isatty(descriptor))
    return 0;
  lua_pushinteger(L, 0);
  lua_pushinteger(L, 0);
#else
  struct winsize size;
  if (!isatty(descriptor))
    return 0;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0)
    memset(&size, 0, sizeof size);
  lua_pushinteger(L, size.ws_col);
  lua_pushinteger(L, size.ws_row);
#endif
  return 2;
}

/* has_reader(descriptor) -> false where it is a pipe, a socket or a terminal whose other end has gone, so that a write to it will fail */
static int core_has_reader(lua_State *L)
{
  int descriptor = (int)luaL_checkinteger(L, 1), has_reader = 1;
#if defined(_WIN32)
  (void)descriptor;
#else
  struct pollfd question = { 0 };
  question.fd = descriptor;
  /* These are told of without being asked for. */
  if (poll(&question, 1, 0) > 0 && question.revents & (POLLERR | POLLHUP))
    has_reader = 0;
#endif
  lua_pushboolean(L, has_reader);
  return 1;
}

#if !defined(_WIN32)
/* Pushes nil and why a system call failed. */
static int push_failure(lua_State *L, const char *path)
{
  int code = errno;
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path, strerror(code));
  return 2;
}
#endif

/* file_mode(path) -> the permission bits of a file, and whether it belongs to the user of this process; nil and why not. Where files have
   no such bits, they are those of a file that is its owner's alone. */
static int core_file_mode(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
#if defined(_WIN32)
  (void)path;
  lua_pushinteger(L, 0600);
  lua_pushboolean(L, 1);
#else
  struct stat status;
  if (stat(path, &status) != 0)
    return push_failure(L, path);
  lua_pushinteger(L, status.st_mode & 07777);
  lua_pushboolean(L, status.st_uid == geteuid());
#endif
  return 2;
}

/* make_private(path) -> true: there is a new, empty file now that its owner alone may read; nil and why not, also when there is one. */
static int core_make_private(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
#if defined(_WIN32)
  FILE *file = fopen(path, "wx");
  if (file)
    fclose(file);
  lua_pushboolean(L, file != NULL);
  return 1;
#else
  int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 || close(descriptor) != 0)
    return push_failure(L, path);
  lua_pushboolean(L, 1);
  return 1;
#endif
}

void studio_lua_system_open(lua_State *L)
{
  lua_pushcfunction(L, core_terminal);
  lua_setfield(L, -2, "terminal");
  lua_pushcfunction(L, core_has_reader);
  lua_setfield(L, -2, "has_reader");
  lua_pushcfunction(L, core_file_mode);
  lua_setfield(L, -2, "file_mode");
  lua_pushcfunction(L, core_make_private);
  lua_setfield(L, -2, "make_private");
}
