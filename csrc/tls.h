/* What the TLS library of libcurl holds back of what has come on a connection. */
#ifndef STUDIO_TLS_H
#define STUDIO_TLS_H

#include <curl/curl.h>

#include "sockets.h"

#pragma GCC visibility push(hidden)

/* The functions to ask with; NULL for a library that libcurl does not use. */
typedef struct TlsLibrary {
  int (*openssl)(const void *session);
  size_t (*gnutls)(void *session);
} TlsLibrary;

void studio_tls_find(TlsLibrary *library);
/* For the connection that `easy` is on. */
TlsSurplus studio_tls_surplus(const TlsLibrary *library, CURL *easy);

#pragma GCC visibility pop

#endif
