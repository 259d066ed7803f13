/* The header block of an answer: the walk stays inside it and comes to an end; Retry-After is a number of seconds or none. */
#include <math.h>
#include <string.h>

#include "../csrc/headers.h"
#include "fuzz.h"

static const char setup[] =
  "local retry = require 'studio.request.retry'\n"
  "local timestamp = require 'studio.base.timestamp'\n"
  "return function(text)\n"
  "  local seconds = retry.read_after(text)\n"
  "  assert(seconds == nil or (seconds >= 0 and seconds == seconds), 'Retry-After')\n"
  "  local epoch = timestamp.parse(text)\n"
  "  if epoch then\n"
  "    assert(epoch == epoch and epoch > -1e12 and epoch < 1e12, 'date-time')\n"
  "    local again = timestamp.format(epoch)\n"
  "    assert(again == nil or math.abs(timestamp.parse(again) - epoch) <= 0.0006, 'round trip')\n"
  "  end\n"
  "end\n";

static void read_after(lua_State *L, const char *value, size_t length)
{
  lua_pushvalue(L, 1);
  lua_pushlstring(L, value, length);
  if (lua_pcall(L, 1, 0, 0) != 0) {
    fprintf(stderr, "raised: %s\n", lua_tostring(L, -1));
    abort();
  }
}

static void check_inside(const Buffer *head, const char *part, size_t length)
{
  CHECK(part >= head->data && part <= head->data + head->length);
  CHECK(length <= (size_t)(head->data + head->length - part));
  CHECK(memchr(part, '\n', length) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  lua_State *L = fuzz_state(setup);
  Buffer head = { 0 };
  const char *name, *value;
  size_t cursor = 0, before = 0, name_length, value_length;
  if (size > 0) {
    head.data = malloc(size);
    CHECK(head.data != NULL);
    memcpy(head.data, data, size);
    head.length = head.capacity = size;
  }
  while (studio_headers_next(&head, &cursor, &name, &name_length, &value, &value_length)) {
    CHECK(cursor > before && cursor <= size + 1);
    before = cursor;
    check_inside(&head, name, name_length);
    check_inside(&head, value, value_length);
    CHECK(memchr(name, ':', name_length) == NULL);
    CHECK(value_length == 0 || (value[0] != ' ' && value[0] != '\t'));
    CHECK(value_length == 0 || (value[value_length - 1] != ' ' && value[value_length - 1] != '\t' && value[value_length - 1] != '\r'));
  }
  if (studio_headers_find(&head, "Retry-After", &value, &value_length)) {
    check_inside(&head, value, value_length);
    read_after(L, value, value_length);
  }
  read_after(L, (const char *)data, size);
  studio_buffer_free(&head);
  return 0;
}
