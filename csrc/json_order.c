#include "json_order.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_MEMBERS = 16 }; /* so many are sorted by insertion */

/* The order of two keys by their bytes, for qsort. */
static int compare(const void *one, const void *other)
{
  const struct json_member *a = one, *b = other;
  int order = memcmp(a->key, b->key, a->key_length < b->key_length ? a->key_length : b->key_length);
  return order != 0 ? order : a->key_length < b->key_length ? -1 : a->key_length > b->key_length;
}

bool studio_json_is_in_order(const struct json_member *members, size_t count)
{
  for (size_t i = 1; i < count; i++)
    if (compare(&members[i - 1], &members[i]) > 0)
      return false;
  return true;
}

/* Sorts the members of an object: few of them by insertion, for which qsort() would take longer. */
static void sort(struct json_member *members, size_t count)
{
  if (count > FEW_MEMBERS) {
    qsort(members, count, sizeof *members, compare);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    struct json_member member = members[i];
    size_t place = i;
    for (; place > 0 && compare(&members[place - 1], &member) > 0; place--)
      members[place] = members[place - 1];
    members[place] = member;
  }
}

void studio_json_put_in_order(struct json_member *members, size_t count, char *text, size_t end, char *spare)
{
  size_t start = members[0].start;
  char *out = spare;
  for (size_t i = 0; i < count; i++)
    members[i].length = (i + 1 < count ? members[i + 1].start : end) - members[i].start;
  sort(members, count);
  for (size_t i = 0; i < count; i++) {
    memcpy(out, text + members[i].start, members[i].length);
    out += members[i].length;
  }
  memcpy(text + start, spare, end - start);
}
