/* The floor: the same exchanges with libcurl alone. One easy handle that is reused, USERPWD, the body kept in memory and nothing done with it;
   for many at a time, as many easy handles on one multi handle.

   floor fetch ORIGIN FLOW COUNT [CA_FILE]        one request after the other
   floor pages ORIGIN FLOW COUNT SIZE             pages of SIZE records, COUNT records in all
   floor create ORIGIN FLOW COUNT                 creates, 50 in flight
   floor multiplex ORIGIN FLOW COUNT CA_FILE      fetches, 50 in flight on one HTTP/2 connection

   Prints microseconds of processor time and of wall time for each request or record, and the most memory it had, in KiB. */
#define _POSIX_C_SOURCE 200809L
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define USER "AC0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef"
#define FORM "To=%2B15558675310&From=%2B15017122661"
#define IN_FLIGHT 50

typedef struct Body {
  char *data;
  size_t length, room;
} Body;

static double seconds(clockid_t clock)
{
  struct timespec moment;
  clock_gettime(clock, &moment);
  return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

static void fail(const char *message)
{
  fprintf(stderr, "floor: %s\n", message);
  exit(1);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
  Body *body = context;
  size_t length = size * count;
  if (body->length + length > body->room) {
    body->room = 2 * (body->length + length);
    body->data = realloc(body->data, body->room);
    if (body->data == NULL)
      fail("out of memory");
  }
  memcpy(body->data + body->length, data, length);
  body->length += length;
  return length;
}

static CURL *make(const char *url, Body *body, const char *ca_file)
{
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_USERPWD, USER);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, body);
  if (ca_file != NULL) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  return easy;
}

static void exchange(CURL *easy, Body *body)
{
  long status = 0;
  body->length = 0;
  if (curl_easy_perform(easy) != CURLE_OK)
    fail("the exchange failed");
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status / 100 != 2)
    fail("the server refused");
}

static void take_pages(CURL *easy, Body *body, const char *url, long count, long size)
{
  long page;
  for (page = 0; page < count / size; page++) {
    char whole[640];
    snprintf(whole, sizeof whole, "%s?PageSize=%ld&Page=%ld&PageToken=PT%ld", url, size, page, page);
    curl_easy_setopt(easy, CURLOPT_URL, whole);
    exchange(easy, body);
  }
}

static void many(const char *url, long count, const char *ca_file, int creates)
{
  Body bodies[IN_FLIGHT] = { { NULL, 0, 0 } };
  CURLM *multi = curl_multi_init();
  CURLMsg *message;
  long started = 0, ended = 0;
  int running, left;
  for (; started < IN_FLIGHT && started < count; started++) {
    CURL *easy = make(url, &bodies[started], ca_file);
    if (creates)
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, FORM);
    else
      curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_multi_add_handle(multi, easy);
  }
  while (ended < count) {
    curl_multi_perform(multi, &running);
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
      CURL *easy = message->easy_handle;
      char *body = NULL;
      if (message->data.result != CURLE_OK)
        fail("an exchange failed");
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &body);
      ((Body *)(void *)body)->length = 0;
      curl_multi_remove_handle(multi, easy);
      ended++;
      if (started < count) {
        curl_multi_add_handle(multi, easy);
        started++;
      } else {
        curl_easy_cleanup(easy);
      }
    }
    if (ended < count)
      curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  curl_multi_cleanup(multi);
}

static long peak_memory(void)
{
  char line[256];
  long peak = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "VmHWM: %ld", &peak) == 1)
      break;
  if (file != NULL)
    fclose(file);
  return peak;
}

int main(int argc, char **argv)
{
  static const char engagement[] = "FN0123456789abcdef0123456789abcdef";
  const char *work, *origin, *flow, *last = argc > 5 ? argv[5] : NULL;
  int is_fetch, is_list, is_create;
  long count, index;
  double cpu, wall;
  char url[512];
  Body body = { NULL, 0, 0 };
  CURL *easy;
  if (argc < 5)
    fail("see the comment in floor.c");
  work = argv[1];
  origin = argv[2];
  flow = argv[3];
  count = atol(argv[4]);
  is_fetch = strcmp(work, "fetch") == 0;
  is_list = strcmp(work, "pages") == 0;
  is_create = strcmp(work, "create") == 0;
  if (is_create)
    snprintf(url, sizeof url, "%s/v2/Flows/%s/Executions", origin, flow);
  else
    snprintf(url, sizeof url, "%s/v1/Flows/%s/Engagements%s%s", origin, flow, is_list ? "" : "/", is_list ? "" : engagement);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  easy = make(url, &body, is_list ? NULL : last);
  if (is_fetch && count > 1)
    exchange(easy, &body);
  if (is_list)
    take_pages(easy, &body, url, atol(last), atol(last));
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  wall = seconds(CLOCK_MONOTONIC);
  if (is_fetch) {
    for (index = 0; index < count; index++) {
      curl_easy_setopt(easy, CURLOPT_URL, url);
      exchange(easy, &body);
    }
  } else if (is_list) {
    take_pages(easy, &body, url, count, atol(last));
  } else {
    many(url, count, last, is_create);
  }
  printf("%.3f %.3f %ld\n", (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / (double)count,
         (seconds(CLOCK_MONOTONIC) - wall) * 1e6 / (double)count, peak_memory());
  curl_easy_cleanup(easy);
  return 0;
}
