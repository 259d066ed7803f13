/*
 * The part of the JSON decoder that knows bytes only: strings, UTF-8, numbers and the wording of errors.
 * Nothing here includes lua.h. All functions read within [at, end) and need neither a final NUL nor alignment.
 */
#ifndef STUDIO_JSON_TEXT_H
#define STUDIO_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* What is wrong and where. `message` is a constant; with `show_found` the byte at `at` is part of the report. */
struct json_fault {
  const char *at;
  const char *message;
  bool show_found;
};

/* A number as RFC 8259 section 6 writes it: exact when it is an integer of 64 bits, else the nearest double. */
struct json_number {
  bool is_integer;
  int64_t integer;
  double real;
};

enum { JSON_FAULT_SIZE = 160 };

/* Notes a fault; returns NULL so that a scanner can `return studio_json_fail(…)`. */
const char *studio_json_fail(struct json_fault *fault, const char *at, const char *message, bool show_found);

/* Scans the string that begins after an opening quote at `at - 1`. Returns the closing quote, or NULL. */
const char *studio_json_scan_string(const char *at, const char *end, bool *escaped, struct json_fault *fault);

/* Resolves the escapes of a string that was scanned, [at, stop); `out` has room for stop - at bytes. Returns the size. */
size_t studio_json_unescape(const char *at, const char *stop, char *out);

/* Scans the number that begins at `at`. Returns the first byte after it, or NULL. */
const char *studio_json_scan_number(const char *at, const char *end, struct json_number *number, struct json_fault *fault);

/* Writes "line 3, column 14 (byte 57): …" for a fault within [text, end). Never more than one byte of the text is shown. */
void studio_json_describe(const struct json_fault *fault, const char *text, const char *end, char out[JSON_FAULT_SIZE]);

#pragma GCC visibility pop

#endif
