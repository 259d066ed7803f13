/* An answer as it comes: its header block and its body, and where the one ends and the other begins. */
#include "answer.h"

#include <string.h>

#include "transfer_state.h"

/* More header bytes than any honest answer has. */
#define HEAD_LIMIT (256 * 1024)

size_t studio_answer_on_body(char *data, size_t size, size_t count, void *context)
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

/* Reads a Content-Length; 0 where it is none or not that of an earlier line. Two lengths are two opinions of where the next answer begins
   (RFC 9112 §6.3); libcurl takes the last one, and for 0x10 it takes 0. */
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

/* Of several types the first counts. */
static void note_type(Transfer *transfer, const char *line, size_t length)
{
  int is_json;
  if (transfer->has_type || !studio_headers_content_type(line, length, &is_json))
    return;
  transfer->has_type = 1;
  transfer->is_other_type = !is_json;
}

/* Has a line go on in the next one, which begins with a blank (RFC 9112 §5.2): what stood between them becomes blanks. 0 where it is one by
   which libcurl has begun to read the body, for libcurl takes no notice of the rest. */
static int continue_line(const Transfer *transfer)
{
  const Buffer *head = &transfer->head;
  size_t end = head->length;
  while (end > transfer->last_line && (head->data[end - 1] == '\r' || head->data[end - 1] == '\n'))
    head->data[--end] = ' ';
  return !studio_headers_frames_body(head->data + transfer->last_line, end - transfer->last_line);
}

/* Begins a header block with its status line; 0 where the line is none. Elsewhere a line that looks like one is a header like any other.
   One of HTTP/2 is what libcurl makes of a frame: a server that writes it on a connection of HTTP/1 would have libcurl take that for the
   other (seen in 7.88). */
static int begin_head(Transfer *transfer, const char *line, size_t length)
{
  int status = studio_headers_status(line, length);
  if (status < 0 || (transfer->protocol == PROTOCOL_HTTP1 && line[5] != '1'))
    return 0;
  /* The block of a 1xx answer is not the answer's; it still counts against the limit, or a flood of them would never end. */
  transfer->head_dropped += transfer->head.length;
  transfer->head.length = 0;
  transfer->has_length = transfer->has_type = transfer->is_other_type = 0;
  transfer->in_head = 1;
  transfer->status = status;
  transfer->is_http1 = line[5] == '1';
  transfer->is_interim = status >= 100 && status < 200 && status != 101;
  return 1;
}

/* Whether a text that ends without a NUL begins with these words. */
static int begins_with(const char *text, size_t length, const char *words)
{
  size_t wanted = strlen(words);
  return length >= wanted && memcmp(text, words, wanted) == 0;
}

/* Whether it reads "HTTP/2 stream NUMBER refused by server, ...". */
static int tells_refusal(const char *text, size_t length)
{
  static const char stream[] = "HTTP/2 stream ";
  size_t at = sizeof stream - 1;
  if (!begins_with(text, length, stream))
    return 0;
  while (at < length && text[at] >= '0' && text[at] <= '9')
    at++;
  return begins_with(text + at, length - at, " refused by server");
}

/* What libcurl tells nobody else. That which was read together with the end of an answer and lies behind it is dropped; up to the newest,
   libcurl keeps the connection when it lies behind the last chunk of a body; 7.88 also when it lies behind the head of an answer that has
   no body. That a server did not look at a request is told by those that do not look at a kept connection within a second. */
int studio_answer_on_debug(CURL *easy, curl_infotype type, char *text, size_t length, void *context)
{
  Transfer *transfer = context;
  (void)easy;
  if (type != CURLINFO_TEXT)
    return 0;
  if (begins_with(text, length, "Leftovers after chunking") || begins_with(text, length, "Excess found"))
    studio_set_reuse(transfer, transfer->is_fresh, 1);
  transfer->refused |= tells_refusal(text, length);
  return 0;
}

void studio_answer_listen(Transfer *transfer, int listens)
{
  if (transfer->listens != listens)
    curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE, (long)listens);
  transfer->listens = listens;
}

/* Whether the answer has no body, whatever its headers say (RFC 9112 §6.3). */
static int has_no_body(const Transfer *transfer)
{
  return transfer->status == 204 || transfer->status == 304 || (transfer->has_length && transfer->length == 0)
         || strcmp(transfer->method, "HEAD") == 0;
}

size_t studio_answer_on_head(char *data, size_t size, size_t count, void *context)
{
  Transfer *transfer = context;
  size_t length = size * count;
  int is_trailer = transfer->head_ended;
  if (!transfer->in_head && !is_trailer && !begin_head(transfer, data, length)) {
    transfer->failure = FAILURE_STATUS;
    return 0;
  }
  if (transfer->in_head && (data[0] == '\r' || data[0] == '\n')) {
    transfer->in_head = 0;
    transfer->head_ended = !transfer->is_interim;
    if (transfer->head_ended && has_no_body(transfer))
      studio_answer_listen(transfer, 1);
  }
  if (length > HEAD_LIMIT - transfer->head.length || transfer->head_dropped > HEAD_LIMIT) {
    transfer->failure = FAILURE_HEAD;
    return 0;
  }
  /* It is none of the headers (RFC 9110 §6.5.1), but a flood of them has to end, too. */
  if (is_trailer) {
    transfer->head_dropped += length;
    return length;
  }
  if (data[0] != ' ' && data[0] != '\t') {
    transfer->last_line = transfer->head.length;
  } else if (!continue_line(transfer)) {
    transfer->failure = FAILURE_FOLDED;
    return 0;
  }
  if (data[0] == 'C' || data[0] == 'c') {
    note_type(transfer, data, length);
    if (!lengths_agree(transfer, data, length)) {
      transfer->failure = FAILURE_LENGTH;
      return 0;
    }
  }
  if ((data[0] == 'T' || data[0] == 't') && transfer->in_head && studio_headers_is_chunked(data, length))
    studio_answer_listen(transfer, 1);
  if (!studio_buffer_append(&transfer->head, data, length)) {
    transfer->failure = FAILURE_MEMORY;
    return 0;
  }
  return length;
}
