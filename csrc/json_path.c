#include "json_path.h"

#include <string.h>

#include "json_print.h"

/* Adds bytes to a path. */
static void add(struct json_path *path, const char *text, size_t length)
{
  size_t room = JSON_PATH_SIZE - path->length;
  if (path->is_cut)
    return;
  path->is_cut = length > room;
  memcpy(path->text + path->length, text, path->is_cut ? room : length);
  path->length += path->is_cut ? room : length;
}

void studio_json_path_add_index(struct json_path *path, int index)
{
  char digits[JSON_NUMBER_SIZE], *end = studio_json_print_integer(digits, index);
  add(path, "[", 1);
  add(path, digits, (size_t)(end - digits));
  add(path, "]", 1);
}

/* Whether a key can stand behind a dot in a path. */
static bool is_name(const char *key, size_t length)
{
  for (size_t i = 0; i < length; i++) {
    bool is_letter = (key[i] | 0x20) >= 'a' && (key[i] | 0x20) <= 'z';
    if (!is_letter && key[i] != '_' && !(i > 0 && key[i] >= '0' && key[i] <= '9'))
      return false;
  }
  return length > 0;
}

void studio_json_path_add_key(struct json_path *path, const char *key, size_t length)
{
  if (is_name(key, length)) {
    add(path, ".", 1);
    add(path, key, length);
    return;
  }
  add(path, "[\"", 2);
  for (size_t i = 0; i < length && !path->is_cut; i++) {
    if (key[i] == '"' || key[i] == '\\')
      add(path, "\\", 1);
    add(path, (unsigned char)key[i] < ' ' || key[i] == 0x7F ? "?" : &key[i], 1);
  }
  add(path, "\"]", 2);
}

void studio_json_path_end(struct json_path *path)
{
  if (!path->is_cut)
    return;
  while (path->length > 0 && (unsigned char)path->text[path->length - 1] >= 0x80)
    path->length--; /* no half of a character */
  memcpy(path->text + path->length, "...", JSON_PATH_ELLIPSIS);
  path->length += JSON_PATH_ELLIPSIS;
}
