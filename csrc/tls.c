#define _GNU_SOURCE /* dladdr */
#include "tls.h"

#include <string.h>

#if !defined(_WIN32)
#include <dlfcn.h>

/* Finds a function by its name and writes its address into the pointer at `function`; NULL where there is none. ISO C has no
   conversion from `void *` to a function. */
static void find(void *libcurl, const char *name, void *function)
{
  void *found = dlsym(libcurl, name);
  memcpy(function, &found, sizeof found);
}

/* The library must be the one that libcurl itself calls, so the names are looked up in libcurl and what it was linked with, and nowhere
   else. */
void studio_tls_find(TlsLibrary *library)
{
  Dl_info about;
  CURL *(*inside)(void) = curl_easy_init;
  void *address, *libcurl;
  memset(library, 0, sizeof *library);
  memcpy(&address, &inside, sizeof address);
  if (dladdr(address, &about) == 0)
    return;
  libcurl = dlopen(about.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (libcurl == NULL)
    return;
  find(libcurl, "SSL_has_pending", &library->openssl);
  find(libcurl, "SSL_get0_alpn_selected", &library->openssl_protocol);
  find(libcurl, "gnutls_record_check_pending", &library->gnutls);
  find(libcurl, "gnutls_alpn_get_selected_protocol", &library->gnutls_protocol);
  dlclose(libcurl);
}

#else

void studio_tls_find(TlsLibrary *library)
{
  memset(library, 0, sizeof *library);
}

#endif

/* The session of the connection that `easy` is on, or NULL. */
static const struct curl_tlssessioninfo *session_of(CURL *easy)
{
  struct curl_tlssessioninfo *session = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == NULL || session->internals == NULL)
    return NULL;
  return session;
}

TlsSurplus studio_tls_surplus(const TlsLibrary *library, CURL *easy)
{
  const struct curl_tlssessioninfo *session = session_of(easy);
  if (session == NULL)
    return SURPLUS_UNKNOWN;
  if (session->backend == CURLSSLBACKEND_OPENSSL && library->openssl != NULL)
    return library->openssl(session->internals) ? SURPLUS_SOME : SURPLUS_NONE;
  if (session->backend == CURLSSLBACKEND_GNUTLS && library->gnutls != NULL)
    return library->gnutls(session->internals) > 0 ? SURPLUS_SOME : SURPLUS_NONE;
  return SURPLUS_UNKNOWN;
}

TlsProtocol studio_tls_protocol(const TlsLibrary *library, CURL *easy)
{
  const struct curl_tlssessioninfo *session = session_of(easy);
  TlsName name = { NULL, 0 };
  if (session == NULL)
    return PROTOCOL_UNKNOWN;
  if (session->backend == CURLSSLBACKEND_OPENSSL && library->openssl_protocol != NULL)
    library->openssl_protocol(session->internals, &name.text, &name.length);
  else if (session->backend == CURLSSLBACKEND_GNUTLS && library->gnutls_protocol != NULL)
    library->gnutls_protocol(session->internals, &name); /* an error is that none was agreed on */
  else
    return PROTOCOL_UNKNOWN;
  return name.length == 2 && memcmp(name.text, "h2", 2) == 0 ? PROTOCOL_HTTP2 : PROTOCOL_HTTP1;
}
