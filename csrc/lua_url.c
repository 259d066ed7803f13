/* Percent-encoding and URL parsing. What libcurl would read is what is compared: a parser of our own could disagree with it
   about the host. */
#include "lua_url.h"

#include <curl/curl.h>
#include <string.h>

#include "wipe.h"

/* RFC 3986 §2.3: these, and no others, stand for themselves everywhere. */
static int is_unreserved(unsigned char byte)
{
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.'
         || byte == '_' || byte == '~';
}

/* Adds a text, percent-encoded. */
static void add_escaped(luaL_Buffer *buffer, const char *text, size_t length)
{
  static const char digits[] = "0123456789ABCDEF";
  size_t start = 0, at;
  for (at = 0; at < length; at++) {
    unsigned char byte = (unsigned char)text[at];
    if (is_unreserved(byte))
      continue;
    luaL_addlstring(buffer, text + start, at - start);
    luaL_addchar(buffer, '%');
    luaL_addchar(buffer, digits[byte >> 4]);
    luaL_addchar(buffer, digits[byte & 15]);
    start = at + 1;
  }
  luaL_addlstring(buffer, text + start, length - start);
}

/* escape(text) -> text */
static int core_escape(lua_State *L)
{
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  add_escaped(&buffer, text, length);
  luaL_pushresult(&buffer);
  return 1;
}

/* luaL_pushresult for what may be a secret: overwrites what went through the buffer itself, whose last member is its text. */
static void push_and_wipe(lua_State *L, luaL_Buffer *buffer)
{
  size_t length;
  luaL_pushresult(buffer);
  length = lua_rawlen(L, -1);
  studio_wipe(buffer, sizeof *buffer - LUAL_BUFFERSIZE + (length < LUAL_BUFFERSIZE ? length : LUAL_BUFFERSIZE));
}

/* base64(bytes) -> text, RFC 4648 §4 */
static int core_base64(lua_State *L)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length, at;
  const unsigned char *bytes = (const unsigned char *)luaL_checklstring(L, 1, &length);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (at = 0; at < length; at += 3) {
    unsigned long group = (unsigned long)bytes[at] << 16;
    if (at + 1 < length)
      group |= (unsigned long)bytes[at + 1] << 8;
    if (at + 2 < length)
      group |= bytes[at + 2];
    luaL_addchar(&buffer, digits[group >> 18]);
    luaL_addchar(&buffer, digits[group >> 12 & 63]);
    luaL_addchar(&buffer, at + 1 < length ? digits[group >> 6 & 63] : '=');
    luaL_addchar(&buffer, at + 2 < length ? digits[group & 63] : '=');
  }
  push_and_wipe(L, &buffer);
  return 1;
}

/* form{ name, value, name, value, ... } -> "name=value&...", every string percent-encoded */
static int core_form(lua_State *L)
{
  size_t count, index;
  luaL_Buffer buffer;
  luaL_checktype(L, 1, LUA_TTABLE);
  count = lua_rawlen(L, 1);
  luaL_argcheck(L, count % 2 == 0, 1, "names and values must come in pairs");
  lua_settop(L, 1);
  luaL_checkstack(L, 8, NULL);
  lua_pushnil(L); /* [2]: the part being written, kept alive below the buffer's own slots */
  luaL_buffinit(L, &buffer);
  for (index = 1; index <= count; index++) {
    size_t length;
    const char *part;
    lua_rawgeti(L, 1, (int)index);
    if (lua_type(L, -1) != LUA_TSTRING)
      return luaL_error(L, "form: entry %d is not a string", (int)index);
    part = lua_tolstring(L, -1, &length);
    lua_replace(L, 2);
    if (index > 1)
      luaL_addchar(&buffer, index % 2 == 0 ? '=' : '&');
    add_escaped(&buffer, part, length);
  }
  push_and_wipe(L, &buffer);
  return 1;
}

/* What core_form_of knows of each parameter: its name, its name in a form with the '=', its check (the function of a type of
   studio.api.types, false for any text, a table where it has parameters in it), whether it is required, and its declaration, which the
   check is given. */
enum { ROW_NAME = 1, ROW_KEY, ROW_TYPE, ROW_IS_REQUIRED, ROW_ITSELF, ROW_WIDTH = ROW_ITSELF };

/* Replaces the parameter in [3] by the text that is sent for it. Gives 0 where that is not for here. */
static int to_text(lua_State *L, int row)
{
  lua_rawgeti(L, 1, row + ROW_TYPE);
  if (lua_isfunction(L, -1)) {
    lua_pushvalue(L, 3);
    lua_rawgeti(L, 1, row + ROW_NAME);
    lua_rawgeti(L, 1, row + ROW_ITSELF);
    lua_call(L, 3, 1);
    lua_replace(L, 3);
  } else {
    int is_nested = lua_istable(L, -1);
    lua_pop(L, 1);
    if (is_nested)
      return 0;
  }
  return lua_type(L, 3) == LUA_TSTRING && lua_rawlen(L, 3) > 0;
}

/* Adds the name of a row in a form, with its "=": it needs no encoding. */
static void add_raw(lua_State *L, luaL_Buffer *buffer, int row)
{
  size_t length;
  const char *key;
  lua_rawgeti(L, 1, row + ROW_KEY);
  lua_replace(L, 4);
  key = lua_tolstring(L, 4, &length);
  if (key != NULL)
    luaL_addlstring(buffer, key, length);
}

/*
 * form_of(rows, parameters) -> the form of parameters that are as most are; or nothing, where there is more to do, or
 * something is wrong: resource/parameters.lua does it, and tells what.
 */
static int core_form_of(lua_State *L)
{
  int count = 0, added = 0, fits = 1, row, end;
  luaL_Buffer buffer;
  lua_settop(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!lua_istable(L, 2) || lua_getmetatable(L, 2))
    return 0;
  luaL_checkstack(L, 8, NULL);
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1))
    count++;
  lua_settop(L, 4); /* [3], [4]: the text and the key being written, kept alive below the buffer's own slots */
  luaL_buffinit(L, &buffer);
  for (row = 0, end = (int)lua_rawlen(L, 1); fits && row < end; row += ROW_WIDTH) {
    lua_rawgeti(L, 1, row + ROW_NAME);
    lua_rawget(L, 2);
    lua_replace(L, 3);
    if (lua_isnil(L, 3)) {
      lua_rawgeti(L, 1, row + ROW_IS_REQUIRED);
      fits = !lua_toboolean(L, -1);
      lua_pop(L, 1);
    } else if ((fits = to_text(L, row)) != 0) {
      size_t length;
      const char *text = lua_tolstring(L, 3, &length);
      if (added++ > 0)
        luaL_addchar(&buffer, '&');
      add_raw(L, &buffer, row);
      add_escaped(&buffer, text, length);
    }
  }
  fits = fits && added == count;
  push_and_wipe(L, &buffer);
  return fits;
}

/* The parts of a URL, and how curl_url_get is to give them. */
/* clang-format off */
static const struct UrlPart {
  CURLUPart part;
  unsigned int flags;
  const char *field;
} url_parts[] = {
  { CURLUPART_SCHEME, 0, "scheme" },
  { CURLUPART_HOST, 0, "host" },
  { CURLUPART_PORT, CURLU_DEFAULT_PORT, "port" },
  { CURLUPART_PATH, 0, "path" },
  { CURLUPART_QUERY, 0, "query" },
  { CURLUPART_USER, 0, "user" },
  { CURLUPART_PASSWORD, 0, "password" },
  { CURLUPART_FRAGMENT, 0, "fragment" },
};
/* clang-format on */
#define URL_PARTS (sizeof url_parts / sizeof url_parts[0])
/* Longer ones are no URL of any service. */
#define LONGEST_URL (64 * 1024)

/* Copies the parts into rows of `width` bytes: first 1 or 0, whether the URL has that part, then its text. 0 when it is not a URL. */
static int split_url(const char *text, char *rows, size_t width)
{
  CURLU *url = curl_url();
  int fits = url != NULL && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
  size_t index;
  for (index = 0; fits && index < URL_PARTS; index++) {
    char *part = NULL, *row = rows + index * width;
    row[0] = curl_url_get(url, url_parts[index].part, &part, url_parts[index].flags) == CURLUE_OK;
    if (!row[0])
      continue;
    fits = strlen(part) + 1 < width;
    if (fits)
      memcpy(row + 1, part, strlen(part) + 1);
    curl_free(part);
  }
  curl_url_cleanup(url);
  return fits;
}

/* url(text) -> { scheme, host, port, path, query, user, password, fragment } as libcurl reads it, or nil, message */
static int core_url(lua_State *L)
{
  size_t length, index, width;
  const char *text = luaL_checklstring(L, 1, &length);
  char *rows;
  if (strlen(text) != length || length > LONGEST_URL) {
    lua_pushnil(L);
    lua_pushstring(L, length > LONGEST_URL ? "it is too long for a URL" : "it holds a NUL byte");
    return 2;
  }
  /* Lua's memory, not malloc's: pushing a string may raise. A host such as 0 is read as 0.0.0.0, so a part can be longer than the text. */
  width = length + 32;
  rows = lua_newuserdata(L, URL_PARTS * width);
  if (!split_url(text, rows, width)) {
    lua_pushnil(L);
    lua_pushliteral(L, "libcurl cannot read it as a URL");
    return 2;
  }
  lua_createtable(L, 0, (int)URL_PARTS);
  for (index = 0; index < URL_PARTS; index++) {
    const char *row = rows + index * width;
    if (!row[0])
      continue;
    lua_pushstring(L, row + 1);
    lua_setfield(L, -2, url_parts[index].field);
  }
  return 1;
}

/* Bytes of a path and query that no parser reads as anything else. */
static int is_plain(const char *at)
{
  return is_unreserved((unsigned char)*at) || strchr("/?&=%:,+", *at) != NULL;
}

/* plain_target(origin, url) -> the path and query of a URL that is the origin's text, a slash and bytes that stand for themselves; nil when
   there is more to read in it, which says nothing against it. Every page brings such a URL, and a parser needs fifty times as long. */
static int core_plain_target(lua_State *L)
{
  size_t length, prefix;
  const char *origin = luaL_checklstring(L, 1, &prefix), *url = luaL_checklstring(L, 2, &length), *at, *end = url + length;
  if (length <= prefix || length > LONGEST_URL || memcmp(url, origin, prefix) != 0 || url[prefix] != '/')
    return 0;
  for (at = url + prefix; at < end && *at != '\0' && is_plain(at); at++)
    if (at[0] == '/' && at[1] == '.') /* a parser takes these segments away */
      return 0;
  if (at < end)
    return 0;
  lua_pushlstring(L, url + prefix, length - prefix);
  return 1;
}

void studio_lua_url_open(lua_State *L)
{
  static const luaL_Reg functions[] = {
    { "base64", core_base64 },
    { "escape", core_escape },
    { "form", core_form },
    { "form_of", core_form_of },
    { "plain_target", core_plain_target },
    { "url", core_url },
    { NULL, NULL },
  };
  luaL_setfuncs(L, functions, 0);
}
