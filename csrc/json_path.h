/* Where in a value something is, for messages: .states[3]["a b"]. Bytes only, no Lua. */
#ifndef STUDIO_JSON_PATH_H
#define STUDIO_JSON_PATH_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

enum { JSON_PATH_SIZE = 100, JSON_PATH_ELLIPSIS = 3 };

struct json_path {
  char text[JSON_PATH_SIZE + JSON_PATH_ELLIPSIS];
  size_t length;
  bool is_cut; /* it would be longer than JSON_PATH_SIZE */
};

/* Makes the path lead into an element or a field of what it leads to. */
void studio_json_path_add_index(struct json_path *path, int index);
void studio_json_path_add_key(struct json_path *path, const char *key, size_t length);

/* Shows that a path is cut. */
void studio_json_path_end(struct json_path *path);

#pragma GCC visibility pop

#endif
