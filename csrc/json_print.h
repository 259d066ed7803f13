/* The part of the JSON writer that knows bytes only: numbers and strings. Nothing here includes lua.h, and no locale has a say. */
#ifndef STUDIO_JSON_PRINT_H
#define STUDIO_JSON_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
  JSON_NUMBER_SIZE = 32, /* no number takes more bytes */
  JSON_ESCAPE_SIZE = 16  /* nor an escape; studio_json_print_plain may touch so many bytes behind what it writes */
};

/* Writes a number that is finite. Returns the first byte behind it. */
char *studio_json_print_integer(char *out, int64_t number);
char *studio_json_print_double(char *out, double number);

/* Copies what stands for itself in a string from *at, which it moves on, up to `end` or what is for studio_json_print_special.
   `out` has room for end - *at + JSON_ESCAPE_SIZE bytes. Returns the first byte behind what it wrote. */
char *studio_json_print_plain(char *out, const char **at, const char *end);

/* Writes the escape of the character at *at, which it moves behind it. NULL where it is no UTF-8; a surrogate in three bytes, as the
   decoder leaves one that stands alone, is. */
char *studio_json_print_special(char *out, const char **at, const char *end);

#pragma GCC visibility pop

#endif
