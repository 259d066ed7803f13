/* A growing run of bytes in C memory, filled inside libcurl callbacks. */
#ifndef STUDIO_BUFFER_H
#define STUDIO_BUFFER_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

typedef struct Buffer {
  char *data;
  size_t length;
  size_t capacity;
} Buffer;

/* Both give 0 when there is no memory; the buffer is then as it was. */
int studio_buffer_append(Buffer *buffer, const char *data, size_t length);
int studio_buffer_reserve(Buffer *buffer, size_t capacity);

/* Empties the buffer, and gives its memory back where it holds more than `keep` bytes. */
void studio_buffer_reset(Buffer *buffer, size_t keep);
void studio_buffer_free(Buffer *buffer);

#pragma GCC visibility pop

#endif
