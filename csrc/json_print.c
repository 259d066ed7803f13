#include "json_print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#endif

#include "json_text.h"

/* ---- Strings ---- */

enum { BLOCK = 16 }; /* bytes that are copied at once, where the processor can */

/* The bytes of the character that begins with each byte; 0 where it needs an escape: control characters, the quote, the backslash and DEL.
   So does a byte that begins no character, for studio_json_print_special to find that out. */
/* clang-format off */
static const unsigned char lengths[256] = {
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
  4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
/* clang-format on */

/* Whether a byte is one of a UTF-8 character behind its first. */
static inline bool continues(char byte)
{
  return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The length of the character at `at`, 0 for what is not to be copied. */
static inline int character_length(const char *at, const char *end)
{
  unsigned char lead = (unsigned char)*at;
  int length = lengths[lead];
  if (length <= 1 || (length == 2 && end - at >= 2 && continues(at[1])))
    return length;
  if (lead > 0xE0 && lead < 0xED && end - at >= 3 && continues(at[1]) && continues(at[2]))
    return 3;
  return studio_json_utf8_length(at, end);
}

#if defined(__SSE2__) && defined(__GNUC__)

/* Copies blocks of plain ASCII, and what of the block behind them is. */
static char *copy_blocks(char *out, const char **from, const char *end)
{
  /* As in studio_json_skip_plain: below the bound are, as signed numbers, the quote, control characters and bytes beyond ASCII. */
  const __m128i turned = _mm_set1_epi8('"' ^ ' '), above = _mm_set1_epi8(' ' + 1);
  const __m128i backslash = _mm_set1_epi8('\\'), del = _mm_set1_epi8(0x7F);
  const char *at = *from;
  for (; end - at >= BLOCK; at += BLOCK, out += BLOCK) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i special = _mm_or_si128(_mm_cmplt_epi8(_mm_xor_si128(bytes, turned), above),
                                   _mm_or_si128(_mm_cmpeq_epi8(bytes, backslash), _mm_cmpeq_epi8(bytes, del)));
    int hits = _mm_movemask_epi8(special);
    _mm_storeu_si128((__m128i *)(void *)out, bytes);
    if (hits != 0) {
      int length = __builtin_ctz((unsigned)hits);
      *from = at + length;
      return out + length;
    }
  }
  *from = at;
  return out;
}

#else

/* Without SSE2 nothing is copied by blocks. */
static char *copy_blocks(char *out, const char **from, const char *end)
{
  (void)from;
  (void)end;
  return out;
}

#endif

char *studio_json_print_plain(char *out, const char **from, const char *end)
{
  const char *at = *from;
  int length = 1;
  while (at < end && length > 0) {
    const char *stop;
    if (end - at >= BLOCK)
      out = copy_blocks(out, &at, end);
    stop = end - at > BLOCK ? at + BLOCK : end;
    while (at < stop) {
      while (at < stop && lengths[(unsigned char)*at] == 1)
        *out++ = *at++;
      if (at == stop)
        break;
      length = character_length(at, end);
      if (length == 0)
        break;
      for (int i = 0; i < length; i++)
        *out++ = *at++;
    }
  }
  *from = at;
  return out;
}

/* Prints \uXXXX. */
static char *print_unicode_escape(char *out, unsigned code)
{
  static const char digits[] = "0123456789abcdef";
  out[0] = '\\';
  out[1] = 'u';
  for (int i = 0; i < 4; i++)
    out[2 + i] = digits[code >> (12 - 4 * i) & 15];
  return out + 6;
}

/* The letter of an escape of two bytes, or 0. */
static char short_escape(unsigned char byte)
{
  switch (byte) {
  case '\b':
    return 'b';
  case '\t':
    return 't';
  case '\n':
    return 'n';
  case '\f':
    return 'f';
  case '\r':
    return 'r';
  case '"':
  case '\\':
    return (char)byte;
  default:
    return 0;
  }
}

/* Whether three bytes are what a surrogate would be in UTF-8, which is not allowed there (RFC 3629 section 3). */
static bool is_surrogate(const unsigned char *at, const char *end)
{
  return *at == 0xED && end - (const char *)at >= 3 && at[1] >= 0xA0 && at[1] <= 0xBF && at[2] >= 0x80 && at[2] <= 0xBF;
}

char *studio_json_print_special(char *out, const char **from, const char *end)
{
  const unsigned char *at = (const unsigned char *)*from;
  char letter;
  if (is_surrogate(at, end)) {
    *from += 3;
    return print_unicode_escape(out, 0xD000 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu));
  }
  if (*at >= 0x80)
    return NULL;
  ++*from;
  letter = short_escape(*at);
  if (letter == 0)
    return print_unicode_escape(out, *at);
  out[0] = '\\';
  out[1] = letter;
  return out + 2;
}

/* ---- Numbers ---- */

/* Writes a number in decimal; gives the place behind it. */
static char *print_unsigned(char *out, uint64_t number)
{
  char digits[20], *first = digits + sizeof digits;
  size_t length;
  do {
    *--first = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  length = (size_t)(digits + sizeof digits - first);
  memcpy(out, first, length);
  return out + length;
}

char *studio_json_print_integer(char *out, int64_t number)
{
  if (number >= 0)
    return print_unsigned(out, (uint64_t)number);
  *out++ = '-';
  return print_unsigned(out, -(uint64_t)number);
}

/* The decimals that are tried for a double: all of fewer digits are among those of 15, and 17 always suffice. */
enum { FEWEST_DIGITS = 15, MOST_DIGITS = 17 };

/* A double greater than 0: fraction * 2^(binary - 53), the fraction 53 bits long. */
struct parts {
  uint64_t fraction;
  int binary;
};

/* mantissa * 10^-scale, and whether the double that is nearest to it is the one that it stands for. */
struct decimal {
  uint64_t mantissa;
  int scale;
  bool is_exact;
};

/* clang-format off */
static const uint64_t fives[] = {
  1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625, 1220703125, UINT64_C(6103515625),
  UINT64_C(30517578125), UINT64_C(152587890625), UINT64_C(762939453125), UINT64_C(3814697265625), UINT64_C(19073486328125),
  UINT64_C(95367431640625), UINT64_C(476837158203125), UINT64_C(2384185791015625), UINT64_C(11920928955078125),
  UINT64_C(59604644775390625), UINT64_C(298023223876953125), UINT64_C(1490116119384765625), UINT64_C(7450580596923828125),
}; /* 5^0 to 5^27 */
/* clang-format on */
enum { MOST_FIVES = sizeof fives / sizeof fives[0] - 1 };

/* The 128 bits of a product. */
static void multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
  uint64_t a_low = a & UINT32_MAX, a_high = a >> 32, b_low = b & UINT32_MAX, b_high = b >> 32;
  uint64_t lowest = a_low * b_low, one = a_high * b_low + (lowest >> 32), other = a_low * b_high + (one & UINT32_MAX);
  *high = a_high * b_high + (one >> 32) + (other >> 32);
  *low = other << 32 | (lowest & UINT32_MAX);
}

/*
 * The nearest decimal with so many digits behind the decimal point, halves to the even digit as the C library's printf has it. The
 * double times 10^scale is fraction * 5^scale / 2^shift, and nothing is lost. False where the integers would be too large.
 */
static bool round_exactly(const struct parts *parts, int scale, struct decimal *decimal)
{
  int shift = 53 - parts->binary - scale;
  uint64_t high, low, rest, half, error, step;
  bool is_below;
  if (scale < 0 || scale > MOST_FIVES || shift < 1 || shift > 63)
    return false;
  step = fives[scale]; /* to the next double, in the units of the rest */
  multiply(parts->fraction, step, &high, &low);
  if (high >> shift != 0)
    return false;
  decimal->mantissa = high << (64 - shift) | low >> shift;
  decimal->scale = scale;
  rest = low & ((UINT64_C(1) << shift) - 1);
  half = UINT64_C(1) << (shift - 1);
  is_below = rest < half || (rest == half && decimal->mantissa % 2 == 0);
  error = is_below ? rest : half - (rest - half);
  if (!is_below)
    decimal->mantissa++;
  /* Below a power of two the doubles are closer. A power of five has no halves, so there are no ties. */
  decimal->is_exact = error <= (is_below && parts->fraction == UINT64_C(1) << 52 ? step / 4 : step / 2);
  return true;
}

/* Calls round_exactly for a decimal of so many digits. *magnitude, the exponent of the first digit, may be too small at first. */
static bool round_to_digits(const struct parts *parts, int count, int *magnitude, struct decimal *decimal)
{
  static const uint64_t beyond[] = {
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
  }; /* 10^15, 10^16, 10^17 */
  uint64_t most = beyond[count - FEWEST_DIGITS];
  for (;; ++*magnitude) {
    if (!round_exactly(parts, count - 1 - *magnitude, decimal))
      return false;
    if (decimal->mantissa <= most)
      break;
  }
  if (decimal->mantissa == most) { /* 999… was rounded up */
    decimal->mantissa /= 10;
    decimal->scale--;
  }
  return true;
}

/* Whether a byte is a decimal digit of ASCII, whatever the locale. */
static bool is_digit(char byte)
{
  return byte >= '0' && byte <= '9';
}

/* The same by the C library: for what is very large or small. Its text has the decimal point of the locale, strtod gets none. */
static void round_with_printf(double number, int count, struct decimal *decimal)
{
  char text[64];
  const char *at = text;
  snprintf(text, sizeof text, "%.*e", count - 1, number);
  decimal->mantissa = 0;
  for (; *at != 'e' && *at != 0; at++)
    if (is_digit(*at))
      decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(*at - '0');
  decimal->scale = count - 1 - (*at == 'e' ? atoi(at + 1) : 0);
  snprintf(text, sizeof text, "%llue%d", (unsigned long long)decimal->mantissa, -decimal->scale);
  decimal->is_exact = strtod(text, NULL) == number;
}

/* Writes digits, of which there are `count`, as printf's %g does. */
static char *print_decimal(char *out, const struct decimal *decimal, int count)
{
  char digits[20];
  int magnitude = count - 1 - decimal->scale, length;
  print_unsigned(digits, decimal->mantissa);
  for (length = count; length > 1 && digits[length - 1] == '0'; length--)
    ;
  if (magnitude < -4 || magnitude >= count) {
    *out++ = digits[0];
    if (length > 1) {
      *out++ = '.';
      memcpy(out, digits + 1, (size_t)length - 1);
      out += length - 1;
    }
    *out++ = 'e';
    *out++ = magnitude < 0 ? '-' : '+';
    magnitude = magnitude < 0 ? -magnitude : magnitude;
    if (magnitude < 10)
      *out++ = '0';
    return print_unsigned(out, (uint64_t)magnitude);
  }
  if (magnitude < 0) {
    *out++ = '0';
    *out++ = '.';
    for (; magnitude < -1; magnitude++)
      *out++ = '0';
    memcpy(out, digits, (size_t)length);
    return out + length;
  }
  for (int i = 0; i < length || i <= magnitude; i++) {
    if (i == magnitude + 1)
      *out++ = '.';
    *out++ = i < length ? digits[i] : '0';
  }
  return out;
}

char *studio_json_print_double(char *out, double number)
{
  const double beyond_integers = 9223372036854775808.0; /* 2^63 */
  struct decimal decimal;
  struct parts parts;
  uint64_t bits;
  int count, magnitude;
  if (number >= -beyond_integers && number < beyond_integers && number == (double)(int64_t)number && (number != 0 || !signbit(number)))
    return studio_json_print_integer(out, (int64_t)number);
  if (signbit(number)) {
    *out++ = '-';
    number = -number;
  }
  if (number == 0) {
    *out++ = '0';
    return out;
  }
  memcpy(&bits, &number, sizeof bits);
  parts.binary = (int)(bits >> 52) - 1022;
  parts.fraction = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
  magnitude = ((parts.binary - 1) * 30103 - (parts.binary > 0 ? 0 : 99999)) / 100000; /* the logarithm of 2 is 0.30103 */
  for (count = FEWEST_DIGITS;; count++) {
    if (!round_to_digits(&parts, count, &magnitude, &decimal))
      round_with_printf(number, count, &decimal);
    if (decimal.is_exact || count == MOST_DIGITS)
      return print_decimal(out, &decimal, count);
  }
}
