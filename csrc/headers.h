/* Header lines: those of a request, made once for libcurl, and those of an answer, as they came. */
#ifndef STUDIO_HEADERS_H
#define STUDIO_HEADERS_H

#include <curl/curl.h>

#include "buffer.h"

#pragma GCC visibility push(hidden)

/* Whether a text may stand in a request: as a method or a header's name, as a header's value, as a target. */
int studio_is_token(const char *text, size_t length);
int studio_is_field_value(const char *text, size_t length);
int studio_is_target(const char *text, size_t length);

/* Request header lines, shared by the transfers that send them. */
typedef struct HeaderSet {
  struct curl_slist *lines;
  struct curl_slist impatient; /* the same, before them one that keeps libcurl from waiting for a 100 Continue */
  int references;
  int complete; /* the lines that every request has are there, too */
} HeaderSet;

/* An empty set with one reference; NULL where there is no memory. */
HeaderSet *studio_headers_new(void);
/* Adds a copy of a line "Name: value"; 0 where there is no memory. */
int studio_headers_add(HeaderSet *headers, const char *line);
/* Adds what every request has. Given by options instead, libcurl would write these lines anew for each request, and letter by letter: an
   eighth of its work. */
int studio_headers_complete(HeaderSet *headers, const char *user_agent);
/* What libcurl is given of a complete set, for a request with so many bytes in its body. */
struct curl_slist *studio_headers_for(HeaderSet *headers, size_t body_length);
/* Frees the set, its bytes overwritten, when nobody refers to it any more. */
void studio_headers_release(HeaderSet *headers);

/* The status in the line that begins an answer (RFC 9112 §4); -1 when it is no such line. libcurl overlooks a digit too many. */
int studio_headers_status(const char *line, size_t length);
/* Walks an answer's header lines: `cursor` starts at 0; 0 at the end. What is found points into the head. */
int studio_headers_next(const Buffer *head, size_t *cursor, const char **name, size_t *name_length, const char **value,
                        size_t *value_length);
/* The first header of that name; 0 when it is not there. */
int studio_headers_find(const Buffer *head, const char *name, const char **value, size_t *length);
/* Reads a header line if it is Content-Length: 1, and `*value`; -1 when it gives no length, or two that differ; 0 when it is another
   line. */
int studio_headers_content_length(const char *line, size_t length, unsigned long long *value);
/* Whether a header line is Content-Type; `*is_json`: whether it is that of JSON, written as most servers do. */
int studio_headers_content_type(const char *line, size_t length, int *is_json);
/* Whether a header line is Transfer-Encoding. */
int studio_headers_is_chunked(const char *line, size_t length);
/* Whether a header line says where the body ends, or how it is encoded. */
int studio_headers_frames_body(const char *line, size_t length);

#pragma GCC visibility pop

#endif
