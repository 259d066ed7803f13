#include "guard.h"

#include "answer.h"
#include "transfer_state.h"

#if HAVE_PREREQ

/* Whether the connection can take the request, as far as it is a kept one. libcurl up to 7.88 takes one that has something to be read for
   alive (curl issue 10646), 8.22 does not look within a second, and no libcurl sees what the TLS library holds back. What came before the
   request cannot be its answer. */
static SocketState look(const Transfer *transfer, int port)
{
  Engine *engine = transfer->engine;
  TlsSurplus surplus = SURPLUS_NONE;
  long connections = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
  if (connections > 0) {
    engine->is_shared &= transfer->protocol == PROTOCOL_HTTP2;
    if (transfer->protocol == PROTOCOL_HTTP1)
      studio_sockets_set_http1(&engine->sockets, port);
    return SOCKET_FIT;
  }
  if (engine->has_tls_proxy && studio_is_secure(transfer->origin))
    surplus = SURPLUS_UNKNOWN; /* of two sessions, one in the other, only that of the origin can be asked */
  else if (engine->has_tls_proxy || studio_is_secure(transfer->origin))
    surplus = studio_tls_surplus(&engine->tls, transfer->easy);
  return studio_sockets_look(&engine->sockets, port, surplus, engine->round);
}

int studio_guard_on_request(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
  Transfer *transfer = context;
  SocketState state;
  (void)remote_ip;
  (void)local_ip;
  (void)remote_port;
  if (transfer->requests > 0 && !transfer->refused) {
    transfer->failure = FAILURE_REPEAT;
    return CURL_PREREQFUNC_ABORT;
  }
  studio_sockets_end(&transfer->engine->sockets, transfer->port);
  transfer->port = transfer->requests = transfer->refused = 0;
  transfer->protocol = studio_is_secure(transfer->origin) ? studio_tls_protocol(&transfer->engine->tls, transfer->easy) : PROTOCOL_HTTP1;
  state = look(transfer, local_port);
  if (state == SOCKET_UNFIT) {
    transfer->failure = FAILURE_UNFIT;
    /* libcurl would keep a connection of HTTP/2, and choose it again. */
    studio_set_reuse(transfer, transfer->is_fresh, 1);
    return CURL_PREREQFUNC_ABORT;
  }
  studio_answer_listen(transfer, state == SOCKET_SPEAKS);
  transfer->port = local_port;
  transfer->requests = 1;
  transfer->error_seen = transfer->error[0] != '\0';
  transfer->engine->unsettled |= studio_is_secure(transfer->origin);
  studio_sockets_begin(&transfer->engine->sockets, local_port);
  return CURL_PREREQFUNC_OK;
}

#endif
