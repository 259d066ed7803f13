/*
 * What the JSON decoder reads in a text: strings, UTF-8, numbers, words, and the wording of errors.
 * All functions read within [at, end) and need neither a final NUL nor alignment.
 */
#ifndef STUDIO_JSON_TEXT_H
#define STUDIO_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>

#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#endif

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

/* Scans one of the words true, false and null. Returns the first byte after it, or NULL. */
const char *studio_json_scan_word(const char *at, const char *end, const char *word, struct json_fault *fault);

/* The first byte behind a byte order mark of UTF-8, which a text may begin with (RFC 8259 section 8.1). */
const char *studio_json_skip_mark(const char *at, const char *end);

/* What to say of a text that is in another encoding of Unicode; NULL where it is in none. */
const char *studio_json_other_encoding(const char *at, const char *end);

/* studio_json_skip_space, for more than one. */
const char *studio_json_skip_spaces(const char *at, const char *end);

/* The first byte at or after `at` that is no white space, or `end`. */
static inline const char *studio_json_skip_space(const char *at, const char *end)
{
  return at < end && (unsigned char)*at <= ' ' ? studio_json_skip_spaces(at, end) : at;
}

/* Whether the byte opens an array or an object. */
static inline bool studio_json_is_opening(char byte)
{
  return (byte | 0x20) == '{'; /* in ASCII a bracket and its brace differ by this bit */
}

/*
 * Whether the text goes on with these bytes. They are compared from their end on, where the values of records differ most,
 * and by words: most are few, and memcmp's call costs more.
 */
static inline bool studio_json_goes_on_with(const char *at, const char *end, const char *bytes, size_t length)
{
  uint64_t word, other;
  if ((size_t)(end - at) < length)
    return false;
  if (length < 8) {
    uint32_t half, other_half;
    if (length < 4)
      return memcmp(at, bytes, length) == 0;
    memcpy(&half, at, 4);
    memcpy(&other_half, bytes, 4);
    if (half != other_half)
      return false;
    memcpy(&half, at + length - 4, 4); /* which may overlap the first four */
    memcpy(&other_half, bytes + length - 4, 4);
    return half == other_half;
  }
  for (; length > 8; length -= 8) {
    memcpy(&word, at + length - 8, 8);
    memcpy(&other, bytes + length - 8, 8);
    if (word != other)
      return false;
  }
  memcpy(&word, at, 8); /* which may overlap the word before */
  memcpy(&other, bytes, 8);
  return word == other;
}

/* studio_json_skip_plain by words of eight bytes, for the rest that is shorter than a block of SSE2. */
const char *studio_json_skip_plain_words(const char *at, const char *end);

/* The first byte at or after `at` that ends a run of plain characters, or `end`: a quote, a backslash, a control character or a byte
   beyond ASCII. */
static inline const char *studio_json_skip_plain(const char *at, const char *end)
{
#if defined(__SSE2__) && defined(__GNUC__)
  /* With the bit of '"' that space has not turned, the quote follows the control characters; as signed numbers, bytes beyond ASCII are
     below them. */
  const __m128i turned = _mm_set1_epi8('"' ^ ' '), above = _mm_set1_epi8(' ' + 1), backslash = _mm_set1_epi8('\\');
  for (; end - at >= 16; at += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i special = _mm_or_si128(_mm_cmplt_epi8(_mm_xor_si128(bytes, turned), above), _mm_cmpeq_epi8(bytes, backslash));
    int hits = _mm_movemask_epi8(special);
    if (hits != 0)
      return at + __builtin_ctz((unsigned)hits);
  }
#endif
  return studio_json_skip_plain_words(at, end);
}

/* The length of the UTF-8 sequence that begins with the byte beyond ASCII at `at`, 0 if it is none. */
int studio_json_utf8_length(const char *at, const char *end);

/* Scans the string of which all before `at` is plain, back to its opening quote. Returns the closing quote, or NULL. */
const char *studio_json_scan_string(const char *at, const char *end, bool *escaped, struct json_fault *fault);

/* Resolves the escapes of a string that was scanned, [at, stop); `out` has room for stop - at bytes. Returns the size. */
size_t studio_json_unescape(const char *at, const char *stop, char *out);

/* Scans the number that begins at `at`. Returns the first byte after it, or NULL. */
const char *studio_json_scan_number(const char *at, const char *end, struct json_number *number, struct json_fault *fault);

/* Writes "line 3, column 14 (byte 57): …" for a fault within [text, end). Never more than one byte of the text is shown. */
void studio_json_describe(const struct json_fault *fault, const char *text, const char *end, char out[JSON_FAULT_SIZE]);

/* Pushes the value that begins at `at`, before `end`, and is neither a string nor a container. Returns the first byte after it, or NULL. */
const char *studio_json_push_atom(lua_State *L, const char *at, const char *end, struct json_fault *fault);

#pragma GCC visibility pop

#endif
