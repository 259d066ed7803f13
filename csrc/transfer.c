/* One transfer: its easy handle, how its request goes out, and what became of it. */
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "guard.h"
#include "platform.h"
#include "wipe.h"

/* Memory that an idle transfer keeps for its next answer. */
#define BODY_KEEP (1024 * 1024)
#define HEAD_KEEP (16 * 1024)
/* Bigger reads, fewer system calls: a page of 1,000 records is near 1 MB. Up to 8.6 libcurl has a buffer of this size for each transfer,
   and one of 64 KiB would be overwritten each time it is freed, see blocks.c; newer ones share one, which is overwritten when the multi
   closes. */
#define SHARED_BUFFER 0x080700
#define READ_SIZE(libcurl) ((libcurl) < SHARED_BUFFER ? 65L * 1024 : 64L * 1024)
/* What has a small buffer is overwritten as a whole, which with hundreds in flight comes from slow memory; answers to a POST are short. */
#define POST_READ_SIZE (2L * 1024)
/* Up to 8.0, where the last of an answer over HTTP/2 finds the buffer full, libcurl sees the answer's end only when something else comes on
   the connection (seen in 7.88); and others who share it read for it meanwhile. So the buffer is as long as it may be there. Pages of 1,000
   records take 200 KB on the way, and an answer whose length is known ends with its last byte. */
#define SEES_THE_END 0x080100
#define WHOLE_ANSWER (512L * 1024)
/* Seconds. A connection idle for longer is not used again: servers close them about then, and a request that meets the close has an unknown
   fate. */
#define IDLE_SECONDS 30L
/* Seconds that libcurl has to end a transfer whose time is over, and to say where it was, before that is done for it. */
#define PATIENCE 0.05
/* Seconds that a name's addresses are kept: libcurl's own choice. */
#define DNS_SECONDS 60L
/* The first libcurl that remembers a name that was not found, so that a retry would ask nobody unless its memory is switched off. Older
   ones, with their memory off, drop what they have just looked up (seen in 7.88: the transfer ends for want of memory). */
#define REMEMBERS_FAILURES 0x081000

/* 0 when surely no byte of the request was given to the system. */
static int may_have_left(const Transfer *transfer)
{
#if HAVE_PREREQ
  return transfer->requests > 0;
#else
  long bytes = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
#endif
}

/* What no request changes. */
static int set_constant_options(Transfer *transfer)
{
  CURL *easy = transfer->easy;
  Engine *engine = transfer->engine;
  const EngineOptions *options = &engine->options;
  int failed = 0, has_bundle = options->ca_file != NULL;
#if HAVE_CAINFO
  has_bundle |= curl_version_info(CURLVERSION_NOW)->cainfo != NULL;
#endif
#define SET(option, value) failed |= curl_easy_setopt(easy, option, value) != CURLE_OK
  SET(CURLOPT_PRIVATE, (void *)&transfer->member);
  SET(CURLOPT_CURLU, transfer->url);
  SET(CURLOPT_ERRORBUFFER, transfer->error);
  SET(CURLOPT_NOSIGNAL, 1L);
#if HAVE_QUICK_EXIT
  /* A name server that does not answer must not keep a transfer that has timed out, or is cancelled, until it does. */
  SET(CURLOPT_QUICK_EXIT, 1L);
#endif
#if HAVE_PROTOCOLS_STR
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  SET(CURLOPT_HTTP_VERSION, (long)(options->http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
  SET(CURLOPT_ACCEPT_ENCODING, "");
  SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_WRITEFUNCTION, studio_answer_on_body);
  SET(CURLOPT_WRITEDATA, (void *)transfer);
  SET(CURLOPT_HEADERFUNCTION, studio_answer_on_head);
  SET(CURLOPT_HEADERDATA, (void *)transfer);
  SET(CURLOPT_DEBUGFUNCTION, studio_answer_on_debug);
  SET(CURLOPT_DEBUGDATA, (void *)transfer);
#if HAVE_PREREQ
  SET(CURLOPT_PREREQFUNCTION, studio_guard_on_request);
  SET(CURLOPT_PREREQDATA, (void *)transfer);
#endif
  SET(CURLOPT_OPENSOCKETFUNCTION, studio_engine_open_socket);
  SET(CURLOPT_OPENSOCKETDATA, (void *)&transfer->member);
  SET(CURLOPT_CLOSESOCKETFUNCTION, studio_engine_close_socket);
  SET(CURLOPT_CLOSESOCKETDATA, (void *)engine);
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)studio_milliseconds(options->connect_timeout));
  if (options->ca_file != NULL)
    SET(CURLOPT_CAINFO, options->ca_file);
  /* A bundle beside a directory of hashed certificates makes libcurl read the bundle for each connection instead of once per multi
     handle. */
  if (has_bundle)
    SET(CURLOPT_CAPATH, NULL);
  SET(CURLOPT_PROXY, options->proxy);
  if (engine->has_tls_proxy) {
    SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (options->ca_file != NULL) {
      SET(CURLOPT_PROXY_CAINFO, options->ca_file);
      SET(CURLOPT_PROXY_CAPATH, NULL);
    }
  }
  if (options->no_proxy != NULL)
    SET(CURLOPT_NOPROXY, options->no_proxy);
#undef SET
  return !failed;
}

/* Gives the transfer an easy handle, on which nothing of a request is set; 0 when there is no memory. */
static int open_easy(Transfer *transfer)
{
  transfer->easy = curl_easy_init();
  if (transfer->easy == NULL)
    return 0;
  transfer->timeout = 0;
  transfer->has_body = transfer->asks_anew = transfer->listens = transfer->is_fresh = transfer->is_left = 0;
  transfer->read_size = 0;
  transfer->lines = NULL;
  free(transfer->method);
  transfer->method = NULL;
  free(transfer->origin);
  transfer->origin = NULL;
  if (!set_constant_options(transfer)) {
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    return 0;
  }
  return 1;
}

/* The transfer that an engine knows by this member, which is its first field. */
static Transfer *of_member(Member *member)
{
  return (Transfer *)(void *)member;
}

/* The transfer has ended, and is to be told. */
static void end(Transfer *transfer)
{
  transfer->state = TRANSFER_DONE;
  studio_engine_enqueue(transfer->engine, &transfer->member);
}

/* libcurl keeps an HTTP/2 connection after a timeout, and counts the timeout as a use of it: a connection whose peer is gone would take
   call after call, until the system gives up on it in a quarter of an hour. */
static void leave_if_dead(const Transfer *transfer)
{
  Engine *engine = transfer->engine;
  curl_off_t before = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &before);
  if (transfer->port == 0)
    return;
  /* Three quarters of the wait: on a new connection the server's SETTINGS may have come a while after the request went out. */
  if (!studio_sockets_quiet_for(&engine->sockets, transfer->port, (transfer->seconds - (double)before / 1e6) * 0.75))
    return;
  studio_sockets_give_up(&engine->sockets, transfer->port, 1);
}

/* A session of HTTP/2 that has failed fails for every request, and libcurl 8 chooses it again. */
static void leave_if_broken(const Transfer *transfer, CURLcode code)
{
  if (code == CURLE_OPERATION_TIMEDOUT)
    leave_if_dead(transfer);
  else if (code == CURLE_HTTP2 || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
    studio_sockets_give_up(&transfer->engine->sockets, transfer->port, 1);
}

/* Nothing was sent on the unfit connection, so the request takes another, as it does where libcurl itself sees the close. */
static int start_over(Transfer *transfer)
{
  CURLM *multi = transfer->member.lane->multi;
  curl_multi_remove_handle(multi, transfer->easy);
  studio_set_reuse(transfer, 1, 0);
  transfer->failure = FAILURE_NONE;
  transfer->error[0] = '\0';
  return curl_multi_add_handle(multi, transfer->easy) == CURLM_OK;
}

/* Of an answer whose head broke off the status counts, but in HTTP/2 a head is whole or it is none: libcurl 8 tells of it line by line, up
   to the one that is refused. */
static long status_of_answer(const Transfer *transfer)
{
  return transfer->is_http1 || transfer->head_ended ? transfer->status : 0;
}

/* The transfer's result is taken out of libcurl. */
static void finish(Member *member, CURLcode code)
{
  Transfer *transfer = of_member(member);
  CURL *easy = transfer->easy;
  curl_off_t microseconds = 0;
  if (transfer->failure == FAILURE_UNFIT) {
    if (start_over(transfer))
      return;
    transfer->failure = FAILURE_MEMORY;
  }
  transfer->code = code;
  transfer->engine->unresolved = transfer->engine->libcurl >= REMEMBERS_FAILURES
                                 && (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY);
  transfer->status = status_of_answer(transfer);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  transfer->seconds = (double)microseconds / 1e6;
  if (code == CURLE_OK && transfer->head_ended && transfer->status < 200)
    code = transfer->code = CURLE_WEIRD_SERVER_REPLY; /* HTTP/2 lets a status of 000 through */
  if (code != CURLE_OK) {
    transfer->sent = may_have_left(transfer);
    if (studio_is_secure(transfer->origin))
      leave_if_broken(transfer, code);
    if (transfer->failure == FAILURE_NONE) {
      /* Out of memory is what libcurl up to 8.5 calls a header line of more than 100 KiB. */
      curl_off_t first_byte = 0;
      int in_head;
      curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
      in_head = first_byte > 0 && !transfer->head_ended;
      transfer->failure = code == CURLE_OUT_OF_MEMORY && in_head ? FAILURE_HEAD : FAILURE_CURL;
      if (code == CURLE_COULDNT_CONNECT && transfer->engine->out_of_descriptors)
        transfer->failure = FAILURE_DESCRIPTORS;
    }
  } else {
    transfer->sent = 1;
    studio_sockets_give_up(&transfer->engine->sockets, transfer->port, 0); /* it does lead somewhere */
    /* A connection that closes in the middle of the headers is no error to libcurl. */
    transfer->failure = transfer->head_ended ? FAILURE_NONE : FAILURE_CUT;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &transfer->http_version);
    if (transfer->http_version != CURL_HTTP_VERSION_2_0) { /* where the TLS library does not tell */
      studio_sockets_set_http1(&transfer->engine->sockets, transfer->port);
      transfer->engine->is_shared = 0;
    }
  }
  studio_engine_end(transfer->engine, member, easy, transfer->port);
  end(transfer);
}

/* libcurl has lost its way: a transfer in flight ends for want of memory. */
static void give_up(Member *member)
{
  Transfer *transfer = of_member(member);
  if (transfer->state != TRANSFER_RUNNING)
    return;
  transfer->failure = FAILURE_MEMORY;
  finish(member, CURLE_OUT_OF_MEMORY);
}

/* See MemberKind in engine.h. */
static int is_failing(Member *member)
{
  Transfer *transfer = of_member(member);
  if (transfer->state != TRANSFER_RUNNING || transfer->requests == 0 || transfer->error_seen || transfer->error[0] == '\0')
    return 0;
  transfer->error_seen = 1;
  return 1;
}

/* See MemberKind in engine.h. */
static double end_if_late(Member *member, double now)
{
  Transfer *transfer = of_member(member);
  if (transfer->state != TRANSFER_RUNNING)
    return 0;
  if (now < transfer->late_at || transfer->late_at == 0)
    return transfer->late_at;
  finish(member, CURLE_OPERATION_TIMEDOUT);
  return 0;
}

/* The process has forked: a transfer in flight is the parent's, whose multi keeps the easy handle. */
static void abandon(Member *member)
{
  Transfer *transfer = of_member(member);
  if (transfer->state != TRANSFER_RUNNING)
    return;
  transfer->easy = NULL;
  transfer->failure = FAILURE_FORKED;
  transfer->sent = 1;
  end(transfer);
}

/* The engine closes. */
static void close_member(Member *member)
{
  studio_transfer_close(of_member(member));
}

static const MemberKind transfer_kind = { finish, give_up, is_failing, end_if_late, abandon, close_member };

int studio_transfer_open(Transfer *transfer, Engine *engine)
{
  transfer->engine = engine;
  transfer->url = curl_url();
  if (transfer->url == NULL || !open_easy(transfer)) {
    curl_url_cleanup(transfer->url);
    transfer->url = NULL;
    transfer->engine = NULL;
    return 0;
  }
  studio_engine_join(engine, &transfer->member, &transfer_kind);
  return 1;
}

/* Frees the header block and the body, the body overwritten. */
static void free_answer(Transfer *transfer)
{
  /* It may have been that of a token endpoint. */
  studio_wipe(transfer->body.data, transfer->body.capacity);
  studio_buffer_free(&transfer->head);
  studio_buffer_free(&transfer->body);
}

void studio_transfer_hold(Transfer *transfer)
{
  transfer->readers++;
}

void studio_transfer_let_go(Transfer *transfer)
{
  if (--transfer->readers == 0 && transfer->engine == NULL)
    free_answer(transfer);
}

void studio_transfer_cancel(Transfer *transfer)
{
  PipeGuard guard;
  if (transfer->engine == NULL)
    return;
  studio_engine_check_fork(transfer->engine);
  if (transfer->state != TRANSFER_RUNNING)
    return;
  transfer->sent = may_have_left(transfer);
  studio_pipe_guard_enter(&guard, transfer->engine->mask_pipe);
  studio_engine_end(transfer->engine, &transfer->member, transfer->easy, transfer->port);
  studio_pipe_guard_leave(&guard);
  transfer->failure = FAILURE_CANCELLED;
  transfer->state = TRANSFER_DONE;
}

void studio_transfer_free(Transfer *transfer)
{
  studio_transfer_close(transfer);
  transfer->readers = 0;
  free_answer(transfer);
}

void studio_transfer_close(Transfer *transfer)
{
  Engine *engine = transfer->engine;
  PipeGuard guard;
  if (engine == NULL)
    return;
  studio_transfer_cancel(transfer);
  studio_pipe_guard_enter(&guard, engine->mask_pipe);
  curl_easy_cleanup(transfer->easy);
  studio_pipe_guard_leave(&guard);
  curl_url_cleanup(transfer->url);
  transfer->easy = NULL;
  transfer->url = NULL;
  studio_headers_release(transfer->headers);
  transfer->headers = NULL;
  transfer->state = TRANSFER_DONE;
  transfer->failure = FAILURE_CANCELLED;
  studio_wipe(transfer->request_body.data, transfer->request_body.capacity);
  studio_buffer_free(&transfer->request_body);
  if (transfer->readers == 0)
    free_answer(transfer);
  free(transfer->origin);
  free(transfer->method);
  transfer->origin = transfer->method = NULL;
  studio_engine_leave(engine, &transfer->member);
  transfer->engine = NULL;
}

void studio_transfer_reset(Transfer *transfer)
{
  /* A form holds phone numbers and flow data. */
  studio_wipe(transfer->request_body.data, transfer->request_body.length);
  studio_buffer_reset(&transfer->request_body, BODY_KEEP);
  studio_buffer_reset(&transfer->head, HEAD_KEEP);
  studio_buffer_reset(&transfer->body, BODY_KEEP);
  studio_headers_release(transfer->headers);
  transfer->headers = NULL;
  studio_engine_dequeue(transfer->engine, &transfer->member);
  transfer->state = TRANSFER_IDLE;
}

/* Keeps `*kept` equal to `text`; 0 when there is no memory. */
static int remember(char **kept, const char *text)
{
  char *copy = studio_copy_text(text);
  if (copy == NULL)
    return 0;
  free(*kept);
  *kept = copy;
  return 1;
}

/* Whether a call to this origin may share a connection of HTTP/2, and wait for it. */
static int may_share(const Transfer *transfer, const char *origin)
{
  return studio_is_secure(origin) && !transfer->engine->options.http1;
}

/* Sets origin and target as one URL, which libcurl takes apart. */
static CURLUcode set_whole_url(Transfer *transfer, const char *origin, const char *target)
{
  size_t origin_length = strlen(origin), target_length = strlen(target);
  char *whole = malloc(origin_length + target_length + 1);
  CURLUcode code;
  if (whole == NULL)
    return CURLUE_OUT_OF_MEMORY;
  memcpy(whole, origin, origin_length);
  memcpy(whole + origin_length, target, target_length + 1);
  code = curl_url_set(transfer->url, CURLUPART_URL, whole, CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
  free(whole);
  return code;
}

/* libcurl is given the origin as URL, and the target as it is to be sent: taking a whole URL apart and encoding its path again is a tenth
   of a request's cost. A proxy that opens no tunnel must be asked for the whole URL. */
static CURLUcode set_url(Transfer *transfer, const char *origin, const char *target)
{
  const EngineOptions *options = &transfer->engine->options;
  int is_shared = may_share(transfer, origin);
  int goes_direct = studio_is_secure(origin) || *options->proxy == '\0';
  CURLUcode code = CURLUE_OK;
  if (!goes_direct || transfer->origin == NULL || strcmp(transfer->origin, origin) != 0) {
    free(transfer->origin);
    transfer->origin = NULL;
    code = set_whole_url(transfer, origin, goes_direct ? "/" : target);
    if (code == CURLUE_OK && !remember(&transfer->origin, origin))
      code = CURLUE_OUT_OF_MEMORY;
    /* A burst shares one HTTP/2 connection instead of opening one each. In plain HTTP all would wait for the first answer. */
    curl_easy_setopt(transfer->easy, CURLOPT_PIPEWAIT, is_shared ? 1L : 0L);
    transfer->engine->is_shared &= is_shared;
  }
  if (code == CURLUE_OK && curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, goes_direct ? target : NULL) != CURLE_OK)
    code = CURLUE_OUT_OF_MEMORY;
  return code;
}

/* Sets how much is read at once, where it is not what is set. */
static void set_read_size(Transfer *transfer, int has_body, int is_shared)
{
  unsigned int libcurl = transfer->engine->libcurl;
  long size = READ_SIZE(libcurl);
  if (is_shared && libcurl < SEES_THE_END)
    size = WHOLE_ANSWER;
  else if (has_body && !is_shared)
    size = POST_READ_SIZE;
  /* libcurl holds the last buffer, and refuses another size, after a name that was not found and, up to 8.6, after an answer on a
     connection that others still use. The next request asks again. */
  if (size != transfer->read_size && curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE, size) == CURLE_OK)
    transfer->read_size = size;
}

/* Sets the method, where it is not the one that is set; 0 when there is no memory. */
static int set_method(Transfer *transfer, const char *method, int has_body)
{
  CURL *easy = transfer->easy;
  int failed = 0;
  if (transfer->method != NULL && strcmp(transfer->method, method) == 0 && transfer->has_body == has_body)
    return 1;
  free(transfer->method);
  transfer->method = NULL;
  failed |= curl_easy_setopt(easy, CURLOPT_NOBODY, 0L) != CURLE_OK;
  if (has_body)
    failed |= curl_easy_setopt(easy, CURLOPT_POST, 1L) != CURLE_OK;
  else if (strcmp(method, "HEAD") == 0)
    failed |= curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) != CURLE_OK;
  else
    failed |= curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) != CURLE_OK;
  failed |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK;
  if (failed || !remember(&transfer->method, method))
    return 0;
  transfer->has_body = has_body;
  return 1;
}

TransferFailure studio_transfer_start(Transfer *transfer, const RequestText *request, HeaderSet *headers)
{
  Engine *engine = transfer->engine;
  long timeout = (long)studio_milliseconds(request->timeout);
  int has_body = request->body != NULL || strcmp(request->method, "POST") == 0;
  int is_shared = may_share(transfer, request->origin);
  CURLUcode url_code;
  struct curl_slist *lines;
  studio_engine_check_fork(engine);
  studio_transfer_reset(transfer);
  if (engine->lanes == NULL || (transfer->easy == NULL && !open_easy(transfer)))
    return FAILURE_MEMORY;
  url_code = set_url(transfer, request->origin, request->target);
  if (url_code == CURLUE_OUT_OF_MEMORY)
    return FAILURE_MEMORY;
  if (url_code != CURLUE_OK)
    return FAILURE_URL;
  if (!set_method(transfer, request->method, has_body))
    return FAILURE_MEMORY;
  set_read_size(transfer, has_body, is_shared);
  if (has_body) {
    if (!studio_buffer_append(&transfer->request_body, request->body, request->body_length))
      return FAILURE_MEMORY;
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->request_body.length > 0 ? transfer->request_body.data : "");
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->request_body.length);
  }
  if (timeout != transfer->timeout) {
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, timeout);
    transfer->timeout = timeout;
  }
  if (engine->unresolved != transfer->asks_anew) {
    curl_easy_setopt(transfer->easy, CURLOPT_DNS_CACHE_TIMEOUT, engine->unresolved ? 0L : DNS_SECONDS);
    transfer->asks_anew = engine->unresolved;
  }
  studio_set_reuse(transfer, !HAVE_PREREQ, 0); /* without the guard each request gets a connection of its own */
  if (transfer->listens)
    curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE, 0L);
  transfer->listens = 0;
  if (!studio_headers_complete(headers, engine->options.user_agent))
    return FAILURE_MEMORY;
  headers->references++;
  transfer->headers = headers;
  lines = studio_headers_for(headers, transfer->request_body.length);
  if (lines != transfer->lines)
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, lines);
  transfer->lines = lines;
  transfer->error[0] = '\0';
  transfer->failure = FAILURE_NONE;
  transfer->code = CURLE_OK;
  transfer->status = transfer->http_version = 0;
  transfer->seconds = 0;
  transfer->port = transfer->requests = transfer->refused = transfer->sent = 0;
  transfer->head_dropped = 0;
  transfer->in_head = transfer->is_interim = transfer->head_ended = transfer->has_length = transfer->has_type = transfer->is_other_type = 0;
  if (!studio_engine_begin(engine, &transfer->member, transfer->easy))
    return FAILURE_MEMORY;
  transfer->state = TRANSFER_RUNNING;
  transfer->late_at = 0;
  if (timeout > 0) {
    transfer->late_at = studio_now() + (double)timeout / 1000.0 + PATIENCE;
    studio_engine_ask_at(engine, transfer->late_at);
  }
  return FAILURE_NONE;
}
