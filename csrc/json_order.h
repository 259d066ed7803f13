/* The members of an object that was written, by the order of their keys: bytes only, no Lua. */
#ifndef STUDIO_JSON_ORDER_H
#define STUDIO_JSON_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* The text of a member reaches to the start of the next one. */
struct json_member {
  const char *key;
  size_t key_length;
  size_t start;  /* in the text, of its comma */
  size_t length; /* set by studio_json_put_in_order */
};

/* By bytes, so that no locale has a say. */
bool studio_json_is_in_order(const struct json_member *members, size_t count);

/* Moves members whose text is all of [members[0].start, end) of `text`. `spare` has room for as much. */
void studio_json_put_in_order(struct json_member *members, size_t count, char *text, size_t end, char *spare);

#pragma GCC visibility pop

#endif
