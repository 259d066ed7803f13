/* What a failed transfer says of itself: one word for Lua, one sentence for people. */
#include "failure.h"

/* What a CURLcode says of the cause, in one word; Lua knows what each word means for the caller. */
static const struct CodeName {
  CURLcode code;
  const char *name;
} code_names[] = {
  { CURLE_OPERATION_TIMEDOUT, "timeout" },
  { CURLE_COULDNT_RESOLVE_HOST, "resolve" },
  { CURLE_COULDNT_RESOLVE_PROXY, "resolve" },
  { CURLE_COULDNT_CONNECT, "connect" },
  { CURLE_PROXY, "connect" },
  { CURLE_SSL_CONNECT_ERROR, "tls" },
  { CURLE_PEER_FAILED_VERIFICATION, "certificate" },
  { CURLE_SSL_CERTPROBLEM, "certificate" },
  { CURLE_SSL_CACERT_BADFILE, "certificate" },
  { CURLE_SSL_ISSUER_ERROR, "certificate" },
  { CURLE_SSL_INVALIDCERTSTATUS, "certificate" },
  { CURLE_BAD_CONTENT_ENCODING, "encoding" },
  /* What our own callbacks refuse has a failure of its own, so this is libcurl's decoder: bytes behind the end of a compressed body. */
  { CURLE_WRITE_ERROR, "encoding" },
  { CURLE_OUT_OF_MEMORY, "memory" },
  { CURLE_URL_MALFORMAT, "url" },
  { CURLE_UNSUPPORTED_PROTOCOL, "protocol" },
  { CURLE_WEIRD_SERVER_REPLY, "protocol" },
  { CURLE_BAD_FUNCTION_ARGUMENT, "protocol" }, /* libcurl's word for a first header line that continues none */
  { (CURLcode)100, "head_limit" },             /* CURLE_TOO_LARGE, of libcurl 8.6 */
};

/* Whether the proxy wants other credentials, which a repetition does not change: CONNECT was answered with 407, or SOCKS refused the user
   or the method. */
static int refused_by_proxy(const Transfer *transfer)
{
  long code = 0;
  if (transfer->code == CURLE_OK || curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &code) != CURLE_OK)
    return 0;
  if (code == 407)
    return 1;
  if (transfer->code != CURLE_PROXY || curl_easy_getinfo(transfer->easy, CURLINFO_PROXY_ERROR, &code) != CURLE_OK)
    return 0;
  switch (code) {
  case CURLPX_LONG_USER:
  case CURLPX_LONG_PASSWD:
  case CURLPX_NO_AUTH:
  case CURLPX_USER_REJECTED:
  case CURLPX_IDENTD:
  case CURLPX_IDENTD_DIFFER:
  case CURLPX_BAD_VERSION:
    return 1;
  default:
    return 0;
  }
}

const char *studio_failure_name(const Transfer *transfer)
{
  size_t index;
  switch (transfer->failure) {
  case FAILURE_BODY:
    return "body_limit";
  case FAILURE_HEAD:
    return "head_limit";
  case FAILURE_STATUS:
  case FAILURE_LENGTH:
  case FAILURE_FOLDED:
    return "protocol";
  case FAILURE_REPEAT:
    return "stale";
  case FAILURE_MEMORY:
    return "memory";
  case FAILURE_DESCRIPTORS:
    return "connect";
  case FAILURE_CANCELLED:
    return "cancelled";
  case FAILURE_FORKED:
    return "forked";
  default:
    break;
  }
  if (refused_by_proxy(transfer))
    return "proxy";
  for (index = 0; index < sizeof code_names / sizeof code_names[0]; index++)
    if (code_names[index].code == transfer->code)
      return code_names[index].name;
  return "broken";
}

const char *studio_failure_text(const Transfer *transfer)
{
  switch (transfer->failure) {
  case FAILURE_BODY:
    return "the body is longer than max_response_bytes";
  case FAILURE_HEAD:
    return "the answer's headers are too long";
  case FAILURE_CUT:
    return "the answer broke off in its headers";
  case FAILURE_STATUS:
    return "the answer's status line is malformed";
  case FAILURE_LENGTH:
    return "the answer's Content-Length is malformed, or there are two that differ";
  case FAILURE_FOLDED:
    return "a header that says how to read the answer's body is broken into lines";
  case FAILURE_REPEAT:
    return "the connection was closed, or the stream refused, before an answer came";
  case FAILURE_MEMORY:
    return "out of memory";
  case FAILURE_DESCRIPTORS:
    return "no descriptor is left for a connection: too many files and sockets are open (see ulimit -n)";
  case FAILURE_CANCELLED:
    return "the transfer was cancelled";
  case FAILURE_FORKED:
    return "the process forked while the request was in flight";
  default:
    if (transfer->code == CURLE_WRITE_ERROR)
      return "the body is not compressed as its headers say";
    if (transfer->code == CURLE_BAD_FUNCTION_ARGUMENT)
      return "the answer's headers are malformed";
    return transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(transfer->code);
  }
}
