/* What the TLS library of libcurl knows of a connection. */
#ifndef STUDIO_TLS_H
#define STUDIO_TLS_H

#include <curl/curl.h>

#include "sockets.h"

#pragma GCC visibility push(hidden)

/* The gnutls_datum_t of GnuTLS. */
typedef struct TlsName {
  const unsigned char *text;
  unsigned int length;
} TlsName;

/* The functions to ask with; NULL for a library that libcurl does not use. */
typedef struct TlsLibrary {
  int (*openssl)(const void *session);
  void (*openssl_protocol)(const void *session, const unsigned char **name, unsigned int *length);
  size_t (*gnutls)(void *session);
  int (*gnutls_protocol)(void *session, TlsName *name);
} TlsLibrary;

/* What a connection speaks, whatever its answers say of it. */
typedef enum TlsProtocol { PROTOCOL_UNKNOWN, PROTOCOL_HTTP1, PROTOCOL_HTTP2 } TlsProtocol;

/* Looks which TLS library libcurl uses, and for its functions in this process. */
void studio_tls_find(TlsLibrary *library);
/* For the connection that `easy` is on. */
TlsSurplus studio_tls_surplus(const TlsLibrary *library, CURL *easy);
/* What was agreed on for the connection that `easy` is on. */
TlsProtocol studio_tls_protocol(const TlsLibrary *library, CURL *easy);

#pragma GCC visibility pop

#endif
