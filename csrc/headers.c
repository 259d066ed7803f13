#include "headers.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wipe.h"

/* libcurl counts bytes in a curl_off_t. */
#define LENGTH_MAX 0x7fffffffffffffffULL

/* RFC 9110 §5.6.2 */
int studio_is_token(const char *text, size_t length)
{
  size_t index;
  for (index = 0; index < length; index++) {
    unsigned char byte = (unsigned char)text[index];
    if (byte <= ' ' || byte >= 127 || strchr("\"(),/:;<=>?@[\\]{}", byte) != NULL)
      return 0;
  }
  return length > 0;
}

/* RFC 9110 §5.5: visible characters, space and tab; bytes above 127 are opaque. A line break would begin another header. */
int studio_is_field_value(const char *text, size_t length)
{
  size_t index;
  for (index = 0; index < length; index++) {
    unsigned char byte = (unsigned char)text[index];
    if ((byte < ' ' && byte != '\t') || byte == 127)
      return 0;
  }
  return 1;
}

/* Eight bytes at once: a byte of the result has its highest bit set only when there is a byte that is not of '!' to '~', or is '#'. */
static uint64_t foreign_to_target(uint64_t bytes)
{
  const uint64_t ones = UINT64_MAX / 255, highest = ones * 0x80;
  uint64_t hashes = bytes ^ ones * '#';
  uint64_t low = (bytes - ones * '!') & ~bytes, high = bytes | (bytes + ones), hash = (hashes - ones) & ~hashes;
  return (low | high | hash) & highest;
}

/* What a request line can carry (RFC 3986): no space, control character or fragment, which would end it or be lost, and nothing
   but ASCII. */
int studio_is_target(const char *text, size_t length)
{
  uint64_t outside = 0, bytes; /* no branch for each of them */
  size_t at;
  for (at = 0; at + sizeof bytes <= length; at += sizeof bytes) {
    memcpy(&bytes, text + at, sizeof bytes);
    outside |= foreign_to_target(bytes);
  }
  memset(&bytes, '/', sizeof bytes);
  memcpy(&bytes, text + at, length - at);
  return text[0] == '/' && (outside | foreign_to_target(bytes)) == 0;
}

HeaderSet *studio_headers_new(void)
{
  HeaderSet *headers = calloc(1, sizeof *headers);
  if (headers != NULL)
    headers->references = 1;
  return headers;
}

int studio_headers_add(HeaderSet *headers, const char *line)
{
  struct curl_slist *lines = curl_slist_append(headers->lines, line);
  if (lines == NULL)
    return 0;
  headers->lines = lines;
  return 1;
}

int studio_headers_complete(HeaderSet *headers, const char *user_agent)
{
  if (headers->complete)
    return 1;
  /* One coding of all that libcurl may know, for it costs libcurl some fifty instructions to write each byte of a header. */
  if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ) != 0 && !studio_headers_add(headers, "Accept-Encoding: gzip"))
    return 0;
  if (user_agent != NULL) {
    size_t length = strlen(user_agent);
    char *line = malloc(sizeof "User-Agent: " + length);
    int added;
    if (line == NULL)
      return 0;
    memcpy(line, "User-Agent: ", sizeof "User-Agent: " - 1);
    memcpy(line + sizeof "User-Agent: " - 1, user_agent, length + 1);
    added = studio_headers_add(headers, line);
    free(line);
    if (!added)
      return 0;
  }
  headers->complete = 1;
  return 1;
}

struct curl_slist *studio_headers_for(HeaderSet *headers, size_t body_length)
{
  static char no_expectation[] = "Expect:";
  enum { SHORT_BODY = 1000 }; /* libcurl never asks first for less */
  if (body_length < SHORT_BODY)
    return headers->lines;
  /* No server of this API sends a 100 Continue. */
  headers->impatient.data = no_expectation;
  headers->impatient.next = headers->lines;
  return &headers->impatient;
}

void studio_headers_release(HeaderSet *headers)
{
  struct curl_slist *line;
  if (headers == NULL || --headers->references > 0)
    return;
  for (line = headers->lines; line != NULL; line = line->next)
    studio_wipe(line->data, strlen(line->data));
  curl_slist_free_all(headers->lines);
  free(headers);
}

/* Whether a byte is a decimal digit of ASCII, whatever the locale. */
static int is_digit(char byte)
{
  return byte >= '0' && byte <= '9';
}

int studio_headers_status(const char *line, size_t length)
{
  const char *end = line + length;
  if (length < sizeof "HTTP/2 200" - 1 || memcmp(line, "HTTP/", 5) != 0 || !is_digit(line[5]))
    return -1;
  line += 6;
  if (line[0] == '.' && is_digit(line[1]))
    line += 2;
  if (end - line < 4 || line[0] != ' ' || !is_digit(line[1]) || !is_digit(line[2]) || !is_digit(line[3]))
    return -1;
  if (end - line > 4 && line[4] != ' ' && line[4] != '\r' && line[4] != '\n')
    return -1;
  return (line[1] - '0') * 100 + (line[2] - '0') * 10 + (line[3] - '0');
}

int studio_headers_next(const Buffer *head, size_t *cursor, const char **name, size_t *name_length, const char **value,
                        size_t *value_length)
{
  const char *data = head->data;
  size_t length = head->length;
  while (*cursor < length) {
    const char *line = data + *cursor;
    const char *end = memchr(line, '\n', length - *cursor);
    const char *colon;
    if (end == NULL)
      end = data + length;
    *cursor = (size_t)(end - data) + 1;
    colon = memchr(line, ':', (size_t)(end - line));
    if (colon == NULL || (colon - line > 5 && memcmp(line, "HTTP/", 5) == 0)) /* the status line */
      continue;
    while (end > colon + 1 && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
      end--;
    *name = line;
    *name_length = (size_t)(colon - line);
    colon++;
    while (colon < end && (*colon == ' ' || *colon == '\t'))
      colon++;
    *value = colon;
    *value_length = (size_t)(end - colon);
    return 1;
  }
  return 0;
}

/* A letter of ASCII in lower case, whatever the locale. */
static char lower(char letter)
{
  return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

/* Whether two runs of bytes are the same but for the case of ASCII letters. */
static int same_letters(const char *one, const char *other, size_t length)
{
  size_t index = 0;
  if (memcmp(one, other, length) == 0) /* most are written alike, and this is quicker */
    return 1;
  while (index < length && lower(one[index]) == lower(other[index]))
    index++;
  return index == length;
}

/* Whether a run of bytes is the C string `other`, but for the case of its letters. */
static int same_name(const char *one, const char *other, size_t length)
{
  return same_letters(one, other, length) && other[length] == '\0';
}

int studio_headers_find(const Buffer *head, const char *name, const char **value, size_t *length)
{
  size_t cursor = 0, found_length;
  const char *found;
  size_t wanted = strlen(name);
  while (studio_headers_next(head, &cursor, &found, &found_length, value, length))
    if (found_length == wanted && same_name(found, name, wanted))
      return 1;
  return 0;
}

int studio_headers_content_length(const char *line, size_t length, unsigned long long *value)
{
  static const char name[] = "Content-Length:";
  const char *end = line + length;
  int found = 0;
  if (length < sizeof name - 1 || lower(line[8]) != 'l' || !same_letters(line, name, sizeof name - 1))
    return 0;
  line += sizeof name - 1;
  for (;;) {
    unsigned long long number = 0;
    const char *first;
    while (line < end && (*line == ' ' || *line == '\t'))
      line++;
    for (first = line; line < end && *line >= '0' && *line <= '9'; line++) {
      if (number > (LENGTH_MAX - (unsigned long long)(*line - '0')) / 10)
        return -1;
      number = number * 10 + (unsigned long long)(*line - '0');
    }
    if (line == first || (found && number != *value))
      return -1;
    *value = number;
    found = 1;
    while (line < end && (*line == ' ' || *line == '\t' || *line == '\r' || *line == '\n'))
      line++;
    if (line == end)
      return 1;
    if (*line++ != ',')
      return -1;
  }
}

int studio_headers_content_type(const char *line, size_t length, int *is_json)
{
  static const char name[] = "Content-Type:", json[] = "application/json";
  const char *end = line + length;
  if (length < sizeof name - 1 || lower(line[8]) != 't' || !same_letters(line, name, sizeof name - 1))
    return 0;
  line += sizeof name - 1;
  while (line < end && (*line == ' ' || *line == '\t'))
    line++;
  *is_json = (size_t)(end - line) >= sizeof json - 1 && memcmp(line, json, sizeof json - 1) == 0;
  return 1;
}

int studio_headers_is_chunked(const char *line, size_t length)
{
  static const char name[] = "Transfer-Encoding:";
  return length >= sizeof name - 1 && same_letters(line, name, sizeof name - 1);
}

int studio_headers_frames_body(const char *line, size_t length)
{
  static const char *const names[] = { "Content-Length:", "Content-Encoding:", "Transfer-Encoding:" };
  size_t index;
  for (index = 0; index < sizeof names / sizeof names[0]; index++)
    if (length >= strlen(names[index]) && same_letters(line, names[index], strlen(names[index])))
      return 1;
  return 0;
}
