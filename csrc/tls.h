/* What the TLS library of libcurl knows of a connection. */
#ifndef STUDIO_TLS_H
#define STUDIO_TLS_H

#include <curl/curl.h>

#include "sockets.h"

#pragma GCC visibility push(hidden)

/* The functions to ask with; NULL for a library that libcurl does not use. */
typedef struct TlsLibrary {
  int (*openssl)(const void *session);
  void (*openssl_protocol)(const void *session, const unsigned char **name, unsigned int *length);
  size_t (*gnutls)(void *session);
} TlsLibrary;

void studio_tls_find(TlsLibrary *library);
/* For the connection that `easy` is on. */
TlsSurplus studio_tls_surplus(const TlsLibrary *library, CURL *easy);
/* Whether HTTP/2 was agreed on; 0 where the library does not tell. */
int studio_tls_has_http2(const TlsLibrary *library, CURL *easy);

#pragma GCC visibility pop

#endif
