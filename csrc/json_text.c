#include "json_text.h"

#include "compat.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *studio_json_fail(struct json_fault *fault, const char *at, const char *message, bool show_found)
{
  fault->at = at;
  fault->message = message;
  fault->show_found = show_found;
  return NULL;
}

const char *studio_json_scan_word(const char *at, const char *end, const char *word, struct json_fault *fault)
{
  for (; *word != 0; at++, word++)
    if (at == end || *at != *word)
      return studio_json_fail(fault, at, "expected true, false or null", true);
  return at;
}

/* ---- Encodings ---- */

/* Whether the bytes from `at` on begin with these. */
static bool begins_with(const char *at, const char *end, const char *bytes, size_t length)
{
  return (size_t)(end - at) >= length && memcmp(at, bytes, length) == 0;
}

const char *studio_json_skip_mark(const char *at, const char *end)
{
  return begins_with(at, end, "\xEF\xBB\xBF", 3) ? at + 3 : at;
}

/* JSON begins with a character of ASCII and holds no NUL, so the first four bytes tell, with a byte order mark or without. */
const char *studio_json_other_encoding(const char *at, const char *end)
{
  size_t length = (size_t)(end - at);
  if (begins_with(at, end, "\xFF\xFE\0\0", 4) || (length >= 4 && at[0] != 0 && at[1] == 0 && at[2] == 0 && at[3] == 0))
    return "expected UTF-8, got UTF-32 (little-endian)";
  if (begins_with(at, end, "\0\0\xFE\xFF", 4) || (length >= 4 && at[0] == 0 && at[1] == 0 && at[2] == 0 && at[3] != 0))
    return "expected UTF-8, got UTF-32 (big-endian)";
  if (begins_with(at, end, "\xFF\xFE", 2) || (length >= 2 && length % 2 == 0 && at[0] != 0 && at[1] == 0))
    return "expected UTF-8, got UTF-16 (little-endian)";
  if (begins_with(at, end, "\xFE\xFF", 2) || (length >= 2 && length % 2 == 0 && at[0] == 0 && at[1] != 0))
    return "expected UTF-8, got UTF-16 (big-endian)";
  return NULL;
}

/* ---- Strings ---- */

const char *studio_json_skip_spaces(const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;
  return at;
}

#define EVERY_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/*
 * The high bits of those bytes of a word that end a run of plain characters: a quote, a backslash, a control character or
 * a byte beyond ASCII. A borrow can only set bits above (that is, in memory order after) a byte that is a true hit.
 */
static uint64_t find_special(uint64_t word)
{
  uint64_t control = word - EVERY_BYTE(0x20);
  uint64_t quote = (word ^ EVERY_BYTE('"')) - EVERY_BYTE(1);
  uint64_t backslash = (word ^ EVERY_BYTE('\\')) - EVERY_BYTE(1);
  return (control | quote | backslash | word) & EVERY_BYTE(0x80);
}

/* Whether a byte in a string is ASCII that stands for itself. */
static bool is_plain(unsigned char byte)
{
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

const char *studio_json_skip_plain_words(const char *at, const char *end)
{
  while (end - at >= 8) {
    uint64_t word, hits;
    memcpy(&word, at, 8);
    hits = find_special(word);
    if (hits != 0) {
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      return at + (__builtin_ctzll(hits) >> 3);
#else
      break;
#endif
    }
    at += 8;
  }
  while (at < end && is_plain((unsigned char)*at))
    at++;
  return at;
}

/* Whether a byte is one from `low` to `high`. */
static bool is_within(char byte, unsigned low, unsigned high)
{
  return (unsigned char)byte >= low && (unsigned char)byte <= high;
}

/* The bounds of the second byte keep out overlong forms, surrogates and everything beyond U+10FFFF (RFC 3629 section 4). */
int studio_json_utf8_length(const char *at, const char *end)
{
  unsigned char lead = (unsigned char)*at;
  unsigned low = 0x80, high = 0xBF;
  int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0xC2 || lead > 0xF4 || end - at < length)
    return 0;
  switch (lead) {
  case 0xE0:
    low = 0xA0;
    break;
  case 0xED:
    high = 0x9F;
    break;
  case 0xF0:
    low = 0x90;
    break;
  case 0xF4:
    high = 0x8F;
    break;
  default:
    break;
  }
  if (!is_within(at[1], low, high))
    return 0;
  for (int i = 2; i < length; i++)
    if (!is_within(at[i], 0x80, 0xBF))
      return 0;
  return length;
}

/* The value of a hexadecimal digit. */
static int hex_value(char digit)
{
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  if (digit >= 'a' && digit <= 'f')
    return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F')
    return digit - 'A' + 10;
  return -1;
}

/* Checks the escape whose backslash is at `at`; returns the first byte after it, or NULL. */
static const char *scan_escape(const char *at, const char *end, struct json_fault *fault)
{
  const char *letter = at + 1;
  if (letter == end)
    return studio_json_fail(fault, letter, "the text ends inside a string", false);
  switch (*letter) {
  case '"':
  case '\\':
  case '/':
  case 'b':
  case 'f':
  case 'n':
  case 'r':
  case 't':
    return letter + 1;
  case 'u':
    for (int i = 1; i <= 4; i++)
      if (end - letter <= i || hex_value(letter[i]) < 0)
        return studio_json_fail(fault, end - letter <= i ? end : letter + i, "expected four hexadecimal digits after \\u", true);
    return letter + 5;
  default:
    return studio_json_fail(fault, letter, "expected one of \" \\ / b f n r t u after a backslash", true);
  }
}

const char *studio_json_scan_string(const char *at, const char *end, bool *escaped, struct json_fault *fault)
{
  *escaped = false;
  for (;;) {
    at = studio_json_skip_plain(at, end);
    if (at == end)
      return studio_json_fail(fault, at, "the text ends inside a string", false);
    if (*at == '"')
      return at;
    if (*at == '\\') {
      *escaped = true;
      at = scan_escape(at, end, fault);
      if (at == NULL)
        return NULL;
    } else if ((unsigned char)*at < 0x20) {
      return studio_json_fail(fault, at, "expected no unescaped control character in a string", true);
    } else {
      int length = studio_json_utf8_length(at, end);
      if (length == 0)
        return studio_json_fail(fault, at, "expected valid UTF-8 in a string", true);
      at += length;
    }
  }
}

/* The number that four hexadecimal digits write. */
static unsigned hex4(const char *at)
{
  unsigned value = 0;
  for (int i = 0; i < 4; i++)
    value = value * 16 + (unsigned)hex_value(at[i]);
  return value;
}

/* Writes a code point as UTF-8. A surrogate becomes the three bytes of WTF-8, so that the encoder can give it back. */
static char *put_code_point(char *out, unsigned code)
{
  if (code < 0x80) {
    *out++ = (char)code;
    return out;
  }
  if (code < 0x800) {
    *out++ = (char)(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      *out++ = (char)(0xE0 | code >> 12);
    } else {
      *out++ = (char)(0xF0 | code >> 18);
      *out++ = (char)(0x80 | (code >> 12 & 0x3F));
    }
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
  }
  *out++ = (char)(0x80 | (code & 0x3F));
  return out;
}

/* Whether the second half of an escaped pair of surrogates begins at `at`, \uDC00 to \uDFFF. */
static bool is_low_surrogate_escape(const char *at, const char *stop)
{
  return stop - at >= 6 && at[0] == '\\' && at[1] == 'u' && (hex4(at + 2) & 0xFC00) == 0xDC00;
}

size_t studio_json_unescape(const char *at, const char *stop, char *out)
{
  char *start = out;
  for (;;) {
    const char *backslash = memchr(at, '\\', (size_t)(stop - at));
    size_t run = (size_t)((backslash ? backslash : stop) - at);
    memcpy(out, at, run);
    out += run;
    if (!backslash)
      return (size_t)(out - start);
    at = backslash + 2;
    switch (backslash[1]) {
    case 'b':
      *out++ = '\b';
      break;
    case 'f':
      *out++ = '\f';
      break;
    case 'n':
      *out++ = '\n';
      break;
    case 'r':
      *out++ = '\r';
      break;
    case 't':
      *out++ = '\t';
      break;
    case 'u': {
      unsigned code = hex4(at);
      at += 4;
      if ((code & 0xFC00) == 0xD800 && is_low_surrogate_escape(at, stop)) {
        code = 0x10000 + ((code & 0x3FF) << 10) + (hex4(at + 2) & 0x3FF);
        at += 6;
      }
      out = put_code_point(out, code);
      break;
    }
    default:
      *out++ = backslash[1];
      break; /* a quote, a backslash or a slash stands for itself */
    }
  }
}

/* ---- Numbers ---- */

/* What a number says: its digits, read as one integer, times 10^exponent. */
struct decimal {
  bool negative;
  bool is_integer;   /* neither fraction nor exponent */
  uint64_t mantissa; /* the first nineteen significant digits: all that surely fit */
  int digits;        /* how many significant digits there are, up to twenty */
  int64_t exponent;
};

/* More digits than these never matter for the nearest double, save that one of the rest is not zero. */
enum { MANTISSA_DIGITS = 19, DECIDING_DIGITS = 780 };

/* Whether there is a decimal digit of ASCII at a place. */
static bool is_digit(const char *at, const char *end)
{
  return at < end && *at >= '0' && *at <= '9';
}

/* Reads a run of digits; each moves the exponent by `scale`: 0 before the decimal point, -1 after it. */
static const char *scan_digits(const char *at, const char *end, struct decimal *decimal, int64_t scale)
{
  for (; is_digit(at, end); at++) {
    if (decimal->digits < MANTISSA_DIGITS) {
      decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(*at - '0');
      decimal->digits += decimal->mantissa != 0;
    } else {
      decimal->digits = MANTISSA_DIGITS + 1;
    }
    decimal->exponent += scale;
  }
  return at;
}

/* Adds the number behind an `e` to the exponent; gives what is behind it. */
static const char *scan_exponent(const char *at, const char *end, struct decimal *decimal, struct json_fault *fault)
{
  /* far beyond what any number of digits that fits in memory could make good for */
  const int64_t limit = INT64_C(1000000000000000);
  int64_t value = 0;
  bool negative = false;
  if (at < end && (*at == '+' || *at == '-'))
    negative = *at++ == '-';
  if (!is_digit(at, end))
    return studio_json_fail(fault, at, "expected a digit in an exponent", true);
  for (; is_digit(at, end); at++)
    if (value < limit)
      value = value * 10 + (*at - '0');
  decimal->exponent += negative ? -value : value;
  return at;
}

/*
 * The nearest double, whatever the length of the number. strtod gets digits and an exponent but no decimal point, for
 * which point it takes depends on the locale.
 */
static double nearest_double(const char *at, const char *end, int64_t exponent)
{
  char buffer[DECIDING_DIGITS + 32];
  int digits = 0;
  int64_t dropped = 0;
  bool rest = false;
  for (; at < end && *at != 'e' && *at != 'E'; at++) {
    if (*at == '.' || *at == '-' || (digits == 0 && *at == '0'))
      continue;
    if (digits < DECIDING_DIGITS) {
      buffer[digits++] = *at;
    } else {
      dropped++;
      rest = rest || *at != '0';
    }
  }
  if (digits == 0)
    return 0.0;
  exponent += dropped;
  if (rest) {
    buffer[digits++] = '1';
    exponent--;
  }
  if (exponent > 99999)
    exponent = 99999;
  else if (exponent < -99999)
    exponent = -99999;
  snprintf(buffer + digits, sizeof buffer - (size_t)digits, "e%d", (int)exponent);
  return strtod(buffer, NULL);
}

/* A mantissa below 2^53 and a power of ten up to 10^22 are both exact, so one rounding gives the nearest double. */
static bool quick_double(const struct decimal *decimal, double *real)
{
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 0
  static const double power[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
  if (decimal->digits > MANTISSA_DIGITS || decimal->mantissa > UINT64_C(1) << 53)
    return false;
  if (decimal->exponent < -22 || decimal->exponent > 22)
    return false;
  *real = (double)decimal->mantissa;
  if (decimal->exponent < 0)
    *real /= power[-decimal->exponent];
  else
    *real *= power[decimal->exponent];
  return true;
#else
  (void)decimal;
  (void)real;
  return false;
#endif
}

/* Integers of 64 bits, save for -0, which only a double can be. */
static bool to_integer(const struct decimal *decimal, int64_t *integer)
{
  if (!decimal->is_integer || decimal->digits > MANTISSA_DIGITS || (decimal->negative && decimal->mantissa == 0))
    return false;
  if (decimal->mantissa <= (uint64_t)INT64_MAX) {
    *integer = decimal->negative ? -(int64_t)decimal->mantissa : (int64_t)decimal->mantissa;
    return true;
  }
  if (decimal->negative && decimal->mantissa == (uint64_t)INT64_MAX + 1) {
    *integer = INT64_MIN;
    return true;
  }
  return false;
}

const char *studio_json_scan_number(const char *at, const char *end, struct json_number *number, struct json_fault *fault)
{
  struct decimal decimal = { false, true, 0, 0, 0 };
  const char *start = at;
  if (*at == '-') {
    decimal.negative = true;
    at++;
  }
  if (!is_digit(at, end))
    return studio_json_fail(fault, at, "expected a digit", true);
  if (*at == '0' && is_digit(at + 1, end))
    return studio_json_fail(fault, at, "expected no leading zero in a number", false);
  at = scan_digits(at, end, &decimal, 0);
  if (at < end && *at == '.') {
    decimal.is_integer = false;
    if (!is_digit(++at, end))
      return studio_json_fail(fault, at, "expected a digit after a decimal point", true);
    at = scan_digits(at, end, &decimal, -1);
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    decimal.is_integer = false;
    at = scan_exponent(at + 1, end, &decimal, fault);
    if (at == NULL)
      return NULL;
  }
  number->is_integer = to_integer(&decimal, &number->integer);
  if (number->is_integer)
    return at;
  if (!quick_double(&decimal, &number->real)) {
    number->real = nearest_double(start, at, decimal.exponent);
    if (number->real > DBL_MAX)
      return studio_json_fail(fault, start, "number out of range", false);
  }
  if (decimal.negative)
    number->real = -number->real;
  return at;
}

/* ---- Errors ---- */

void studio_json_describe(const struct json_fault *fault, const char *text, const char *end, char out[JSON_FAULT_SIZE])
{
  size_t line = 1, column = 1;
  char found[32] = "";
  for (const char *at = studio_json_skip_mark(text, end); at < fault->at; at++) {
    if (*at == '\n') {
      line++;
      column = 1;
    } else if (((unsigned char)*at & 0xC0) != 0x80) { /* characters count, not the bytes that continue one */
      column++;
    }
  }
  if (fault->show_found) {
    unsigned char byte = fault->at < end ? (unsigned char)*fault->at : 0;
    if (fault->at >= end)
      snprintf(found, sizeof found, ", got the end of the text");
    else if (byte >= 0x20 && byte < 0x7F)
      snprintf(found, sizeof found, ", got '%c'", byte);
    else
      snprintf(found, sizeof found, ", got 0x%02X", byte);
  }
  snprintf(out, JSON_FAULT_SIZE, "line %lu, column %lu (byte %lu): %s%s", (unsigned long)line, (unsigned long)column,
           (unsigned long)(fault->at - text) + 1, fault->message, found);
}

/* ---- To the Lua stack ---- */

/* Reads a number and pushes it: as an integer where this Lua has integers and it is one that fits. */
static const char *push_number(lua_State *L, const char *at, const char *end, struct json_fault *fault)
{
  struct json_number number;
  const char *stop = studio_json_scan_number(at, end, &number, fault);
  if (stop == NULL)
    return NULL;
  if (!number.is_integer)
    lua_pushnumber(L, (lua_Number)number.real);
#if STUDIO_HAS_INTEGERS
  else if (number.integer >= LUA_MININTEGER && number.integer <= LUA_MAXINTEGER)
    lua_pushinteger(L, (lua_Integer)number.integer);
#endif
  else
    lua_pushnumber(L, (lua_Number)number.integer);
  return stop;
}

const char *studio_json_push_atom(lua_State *L, const char *at, const char *end, struct json_fault *fault)
{
  switch (*at) {
  case 't':
    lua_pushboolean(L, 1);
    return studio_json_scan_word(at, end, "true", fault);
  case 'f':
    lua_pushboolean(L, 0);
    return studio_json_scan_word(at, end, "false", fault);
  case 'n':
    lua_pushlightuserdata(L, NULL);
    return studio_json_scan_word(at, end, "null", fault);
  case '-':
  case '0':
  case '1':
  case '2':
  case '3':
  case '4':
  case '5':
  case '6':
  case '7':
  case '8':
  case '9':
    return push_number(L, at, end, fault);
  default:
    return studio_json_fail(fault, at, "expected a value", true);
  }
}
