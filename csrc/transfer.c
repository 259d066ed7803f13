/* One transfer: its easy handle, what libcurl hands to its callbacks, and what became of it. */
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"

#if !defined(_WIN32)
#include <sys/socket.h>
#include <unistd.h>
#endif

/* More header bytes than any honest answer has. */
#define HEAD_LIMIT (256 * 1024)
/* Memory that an idle transfer keeps for its next answer. */
#define BODY_KEEP (1024 * 1024)
#define HEAD_KEEP (16 * 1024)
/* Bigger reads, fewer system calls; a page of 1,000 records is near 1 MB. */
#define READ_SIZE (64L * 1024)
/* Seconds. A connection idle for longer is not used again: servers close them about then, and a request that meets the close has an unknown fate. */
#define IDLE_SECONDS 30L

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
  Transfer *transfer = context;
  size_t length = size * count;
  if (length > transfer->engine->options.body_limit - transfer->body.length) {
    transfer->failure = FAILURE_BODY;
    return 0;
  }
  if (!studio_buffer_append(&transfer->body, data, length)) {
    transfer->failure = FAILURE_MEMORY;
    return 0;
  }
  return length;
}

/* Two lengths that differ are two opinions of where the next answer begins (RFC 9112 §6.3); libcurl takes the last one, and for 0x10 it
   takes 0. */
static int lengths_agree(Transfer *transfer, const char *line, size_t length)
{
  unsigned long long announced;
  int found = studio_headers_content_length(line, length, &announced);
  if (found < 0 || (found && transfer->has_length && announced != transfer->length))
    return 0;
  if (found) {
    transfer->has_length = 1;
    transfer->length = announced;
  }
  return 1;
}

static size_t on_head(char *data, size_t size, size_t count, void *context)
{
  Transfer *transfer = context;
  size_t length = size * count;
  if (length >= 5 && memcmp(data, "HTTP/", 5) == 0) {
    /* The block of a 1xx answer is not the answer's; it still counts against the limit, or a flood of them would never end. */
    transfer->head_dropped += transfer->head.length;
    transfer->head.length = 0;
    transfer->head_ended = transfer->has_length = 0;
  }
  if (data[0] == '\r' || data[0] == '\n')
    transfer->head_ended = 1;
  if (length > HEAD_LIMIT - transfer->head.length || transfer->head_dropped > HEAD_LIMIT) {
    transfer->failure = FAILURE_HEAD;
    return 0;
  }
  if ((data[0] == 'C' || data[0] == 'c') && !transfer->head_ended && !lengths_agree(transfer, data, length)) {
    transfer->failure = FAILURE_LENGTH;
    return 0;
  }
  if (!studio_buffer_append(&transfer->head, data, length)) {
    transfer->failure = FAILURE_MEMORY;
    return 0;
  }
  return length;
}

static int is_secure(const char *origin)
{
  return strncmp(origin, "https:", 6) == 0;
}

#if HAVE_PREREQ
/* Called when a connection is there and the request is about to be sent on it. A second time means that libcurl is about to repeat by itself a request
   whose fate is unknown: it does so, for a POST too, when a kept connection closes before the first byte of the answer. Repeating is for the retry policy
   alone. */
static int on_request(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
  Transfer *transfer = context;
  (void)remote_ip;
  (void)local_ip;
  (void)remote_port;
  if (transfer->requests > 0) {
    transfer->failure = FAILURE_REPEAT;
    return CURL_PREREQFUNC_ABORT;
  }
  if (transfer->engine->check_reused || transfer->engine->gave_up) {
    long connections = 0;
    /* Over TLS it may be HTTP/2, where a server sends what it likes when it likes; see studio_transfer_finish. */
    int silent = !is_secure(transfer->origin);
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
    if (connections == 0 && studio_sockets_unfit(&transfer->engine->sockets, local_port, silent, transfer->engine->round)) {
      transfer->failure = FAILURE_UNFIT;
      return CURL_PREREQFUNC_ABORT;
    }
  }
  transfer->port = local_port;
  transfer->requests = 1;
  return CURL_PREREQFUNC_OK;
}
#endif

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

static curl_socket_t on_socket_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
  Engine *engine = context;
  curl_socket_t descriptor = socket(address->family, address->socktype, address->protocol);
  (void)purpose;
  if (descriptor == CURL_SOCKET_BAD)
    return CURL_SOCKET_BAD;
  if (!studio_sockets_add(&engine->sockets, (int)descriptor)) {
    studio_close_descriptor((int)descriptor);
    return CURL_SOCKET_BAD;
  }
  studio_close_on_exec((int)descriptor);
  return descriptor;
}

static int on_socket_close(void *context, curl_socket_t descriptor)
{
  Engine *engine = context;
  studio_engine_forget_socket(engine, (int)descriptor);
  studio_close_descriptor((int)descriptor);
  return 0;
}

/* What no request changes. */
static int set_constant_options(Transfer *transfer)
{
  CURL *easy = transfer->easy;
  Engine *engine = transfer->engine;
  const EngineOptions *options = &engine->options;
  int failed = 0;
#define SET(option, value) failed |= curl_easy_setopt(easy, option, value) != CURLE_OK
  SET(CURLOPT_PRIVATE, (void *)transfer);
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
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(CURLOPT_ACCEPT_ENCODING, "");
  SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_BUFFERSIZE, READ_SIZE);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, (void *)transfer);
  SET(CURLOPT_HEADERFUNCTION, on_head);
  SET(CURLOPT_HEADERDATA, (void *)transfer);
#if HAVE_PREREQ
  SET(CURLOPT_PREREQFUNCTION, on_request);
  SET(CURLOPT_PREREQDATA, (void *)transfer);
#endif
  SET(CURLOPT_OPENSOCKETFUNCTION, on_socket_open);
  SET(CURLOPT_OPENSOCKETDATA, (void *)engine);
  SET(CURLOPT_CLOSESOCKETFUNCTION, on_socket_close);
  SET(CURLOPT_CLOSESOCKETDATA, (void *)engine);
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)studio_milliseconds(options->connect_timeout));
  if (options->ca_file != NULL)
    SET(CURLOPT_CAINFO, options->ca_file);
  /* A bundle beside a directory of hashed certificates makes libcurl read the bundle for each connection instead of once per multi handle. */
#if LIBCURL_VERSION_NUM >= 0x075400
  if (options->ca_file != NULL || curl_version_info(CURLVERSION_NOW)->cainfo != NULL)
#else
  if (options->ca_file != NULL)
#endif
    SET(CURLOPT_CAPATH, NULL);
  if (options->proxy != NULL)
    SET(CURLOPT_PROXY, options->proxy);
  if (options->no_proxy != NULL)
    SET(CURLOPT_NOPROXY, options->no_proxy);
#undef SET
  return !failed;
}

static int open_easy(Transfer *transfer)
{
  transfer->easy = curl_easy_init();
  if (transfer->easy == NULL)
    return 0;
  transfer->timeout = 0;
  transfer->has_body = 0;
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
  transfer->id = ++engine->last_id;
  transfer->next = engine->transfers;
  if (transfer->next != NULL)
    transfer->next->previous = transfer;
  engine->transfers = transfer;
  return 1;
}

static void enqueue(Transfer *transfer)
{
  Engine *engine = transfer->engine;
  transfer->state = TRANSFER_DONE;
  transfer->next_completed = NULL;
  transfer->queued = 1;
  if (engine->last_completed != NULL)
    engine->last_completed->next_completed = transfer;
  else
    engine->completed = transfer;
  engine->last_completed = transfer;
}

static void dequeue(Transfer *transfer)
{
  Engine *engine = transfer->engine;
  Transfer *before = NULL, *at = engine->completed;
  if (!transfer->queued)
    return;
  while (at != transfer) {
    before = at;
    at = at->next_completed;
  }
  if (before != NULL)
    before->next_completed = transfer->next_completed;
  else
    engine->completed = transfer->next_completed;
  if (engine->last_completed == transfer)
    engine->last_completed = before;
  transfer->next_completed = NULL;
  transfer->queued = 0;
}

/* A connection that was given up ends with the last transfer on it. libcurl would go on choosing it, and each call would have to
   connect anew. */
static void leave_given_up(const Transfer *transfer)
{
  Engine *engine = transfer->engine;
  const Transfer *other;
  if (!engine->gave_up || transfer->port == 0)
    return;
  for (other = engine->transfers; other != NULL; other = other->next)
    if (other != transfer && other->state == TRANSFER_RUNNING && other->port == transfer->port)
      return;
  studio_sockets_end_given_up(&engine->sockets, transfer->port);
}

static void leave_multi(Transfer *transfer)
{
  leave_given_up(transfer);
  curl_multi_remove_handle(transfer->engine->multi, transfer->easy);
  transfer->engine->running--;
}

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
  studio_engine_check_fork(engine);
  studio_pipe_guard_enter(&guard, engine->mask_pipe);
  if (transfer->state == TRANSFER_RUNNING) {
    transfer->sent = may_have_left(transfer);
    leave_multi(transfer);
  }
  if (transfer->easy != NULL)
    curl_easy_cleanup(transfer->easy);
  studio_pipe_guard_leave(&guard);
  curl_url_cleanup(transfer->url);
  transfer->easy = NULL;
  transfer->url = NULL;
  studio_headers_release(transfer->headers);
  transfer->headers = NULL;
  dequeue(transfer);
  transfer->state = TRANSFER_DONE;
  transfer->failure = FAILURE_CANCELLED;
  studio_wipe(transfer->request_body.data, transfer->request_body.capacity);
  studio_buffer_free(&transfer->request_body);
  if (transfer->readers == 0)
    free_answer(transfer);
  free(transfer->origin);
  free(transfer->method);
  transfer->origin = transfer->method = NULL;
  if (transfer->previous != NULL)
    transfer->previous->next = transfer->next;
  else
    engine->transfers = transfer->next;
  if (transfer->next != NULL)
    transfer->next->previous = transfer->previous;
  transfer->previous = transfer->next = NULL;
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
  dequeue(transfer);
  transfer->state = TRANSFER_IDLE;
}

/* Keeps `*kept` equal to `text`; 0 when there is no memory. */
static int remember(char **kept, const char *text)
{
  size_t length = strlen(text) + 1;
  char *copy = malloc(length);
  if (copy == NULL)
    return 0;
  memcpy(copy, text, length);
  free(*kept);
  *kept = copy;
  return 1;
}

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

/* libcurl is given the origin as URL, and the target as it is to be sent: taking a whole URL apart and encoding its path again is a tenth of a
   request's cost. A proxy that opens no tunnel must be asked for the whole URL. */
static CURLUcode set_url(Transfer *transfer, const char *origin, const char *target)
{
  const EngineOptions *options = &transfer->engine->options;
  int goes_direct = is_secure(origin) || (options->proxy != NULL && *options->proxy == '\0');
  CURLUcode code = CURLUE_OK;
  if (!goes_direct || transfer->origin == NULL || strcmp(transfer->origin, origin) != 0) {
    free(transfer->origin);
    transfer->origin = NULL;
    code = set_whole_url(transfer, origin, goes_direct ? "/" : target);
    if (code == CURLUE_OK && !remember(&transfer->origin, origin))
      code = CURLUE_OUT_OF_MEMORY;
    /* A burst shares one HTTP/2 connection instead of opening one each. In plain HTTP all would wait for the first answer. */
    curl_easy_setopt(transfer->easy, CURLOPT_PIPEWAIT, is_secure(origin) ? 1L : 0L);
  }
  if (code == CURLUE_OK && curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, goes_direct ? target : NULL) != CURLE_OK)
    code = CURLUE_OUT_OF_MEMORY;
  return code;
}

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
  CURLUcode url_code;
  studio_engine_check_fork(engine);
  studio_transfer_reset(transfer);
  if (engine->multi == NULL || (transfer->easy == NULL && !open_easy(transfer)))
    return FAILURE_MEMORY;
  url_code = set_url(transfer, request->origin, request->target);
  if (url_code == CURLUE_OUT_OF_MEMORY)
    return FAILURE_MEMORY;
  if (url_code != CURLUE_OK)
    return FAILURE_URL;
  if (!set_method(transfer, request->method, has_body))
    return FAILURE_MEMORY;
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
  /* Without the guard of on_request a request that must not be repeated gets a connection of its own. */
  curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, !HAVE_PREREQ && has_body ? 1L : 0L);
  curl_easy_setopt(transfer->easy, CURLOPT_CURLU, transfer->url);
  if (!studio_headers_complete(headers, engine->options.user_agent))
    return FAILURE_MEMORY;
  headers->references++;
  transfer->headers = headers;
  curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, studio_headers_for(headers, transfer->request_body.length));
  transfer->error[0] = '\0';
  transfer->failure = FAILURE_NONE;
  transfer->code = CURLE_OK;
  transfer->status = transfer->http_version = 0;
  transfer->seconds = 0;
  transfer->port = transfer->requests = transfer->sent = 0;
  transfer->head_dropped = 0;
  transfer->head_ended = transfer->has_length = 0;
  if (curl_multi_add_handle(engine->multi, transfer->easy) != CURLM_OK)
    return FAILURE_MEMORY;
  transfer->state = TRANSFER_RUNNING;
  engine->running++;
  return FAILURE_NONE;
}

/* libcurl keeps an HTTP/2 connection after a timeout, and counts it as used just now: one that leads nowhere any more would take call after
   call, until the system gives up on it in a quarter of an hour. */
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
  engine->gave_up = 1;
  studio_sockets_give_up(&engine->sockets, transfer->port, 1);
}

/* Nothing was sent on the unfit connection, so the request takes another, as it does where libcurl itself sees the close. */
static int start_over(Transfer *transfer)
{
  CURLM *multi = transfer->engine->multi;
  curl_multi_remove_handle(multi, transfer->easy);
  curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
  transfer->failure = FAILURE_NONE;
  transfer->error[0] = '\0';
  return curl_multi_add_handle(multi, transfer->easy) == CURLM_OK;
}

void studio_transfer_finish(Transfer *transfer, CURLcode code)
{
  CURL *easy = transfer->easy;
  curl_off_t microseconds = 0;
  if (transfer->failure == FAILURE_UNFIT) {
    if (start_over(transfer))
      return;
    transfer->failure = FAILURE_MEMORY;
  }
  transfer->code = code;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &transfer->status);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  transfer->seconds = (double)microseconds / 1e6;
  if (code == CURLE_OK && transfer->head_ended && transfer->status < 200)
    code = transfer->code = CURLE_WEIRD_SERVER_REPLY; /* HTTP/2 lets a status of 000 through */
  if (code != CURLE_OK) {
    transfer->sent = may_have_left(transfer);
    if (code == CURLE_OPERATION_TIMEDOUT && transfer->sent && is_secure(transfer->origin))
      leave_if_dead(transfer);
    if (transfer->failure == FAILURE_NONE) {
      /* Out of memory is what libcurl up to 8.5 calls a header line of more than 100 KiB. */
      curl_off_t first_byte = 0;
      int in_head;
      curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
      in_head = first_byte > 0 && !transfer->head_ended;
      transfer->failure = code == CURLE_OUT_OF_MEMORY && in_head ? FAILURE_HEAD : FAILURE_CURL;
    }
  } else {
    transfer->sent = 1;
    if (transfer->engine->gave_up)
      studio_sockets_give_up(&transfer->engine->sockets, transfer->port, 0); /* it does lead somewhere */
    /* A connection that closes in the middle of the headers is no error to libcurl. */
    transfer->failure = transfer->head_ended ? FAILURE_NONE : FAILURE_CUT;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &transfer->http_version);
    if (transfer->engine->check_reused && is_secure(transfer->origin) && transfer->http_version != CURL_HTTP_VERSION_2_0)
      studio_sockets_set_silent(&transfer->engine->sockets, transfer->port);
  }
  leave_multi(transfer);
  enqueue(transfer);
}

void studio_transfer_abandon(Transfer *transfer)
{
  transfer->easy = NULL;
  transfer->failure = FAILURE_FORKED;
  transfer->sent = 1;
  enqueue(transfer);
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
  leave_multi(transfer);
  studio_pipe_guard_leave(&guard);
  transfer->failure = FAILURE_CANCELLED;
  transfer->state = TRANSFER_DONE;
}
