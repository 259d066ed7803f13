/* The floor: the same exchanges with libcurl alone. One easy handle that is reused, USERPWD, the body kept in memory and nothing done with it;
   for many at a time, as many easy handles on one multi handle.

   floor fetch ORIGIN FLOW COUNT [CA_FILE]        one request after the other
   floor pages ORIGIN FLOW COUNT SIZE             pages of SIZE records, COUNT records in all
   floor create ORIGIN FLOW COUNT                 creates, 50 in flight
   floor multiplex ORIGIN FLOW COUNT CA_FILE      fetches, 50 in flight on one HTTP/2 connection

   Prints microseconds of processor time and of wall time for each request or record, and the most memory it had, in KiB. */
#define _POSIX_C_SOURCE 200809L
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM "To=%2B15558675310&From=%2B15017122661"
#define IN_FLIGHT 50

static void take_pages(CURL *easy, Body *body, const char *url, long count, long size)
{
  long page;
  for (page = 0; page < count / size; page++)
    bench_take_page(easy, body, url, size, page);
}

static void many(const char *url, long count, const char *ca_file, int creates)
{
  Body bodies[IN_FLIGHT] = { { NULL, 0, 0 } };
  CURLM *multi = curl_multi_init();
  CURLMsg *message;
  long started = 0, ended = 0;
  int running, left;
  for (; started < IN_FLIGHT && started < count; started++) {
    CURL *easy = bench_make(url, &bodies[started], ca_file);
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
        bench_fail("an exchange failed");
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
    bench_fail("see the comment in floor.c");
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
  easy = bench_make(url, &body, is_list ? NULL : last);
  if (is_fetch && count > 1)
    bench_exchange(easy, &body);
  if (is_list)
    take_pages(easy, &body, url, atol(last), atol(last));
  cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
  wall = bench_seconds(CLOCK_MONOTONIC);
  if (is_fetch) {
    for (index = 0; index < count; index++) {
      curl_easy_setopt(easy, CURLOPT_URL, url);
      bench_exchange(easy, &body);
    }
  } else if (is_list) {
    take_pages(easy, &body, url, count, atol(last));
  } else {
    many(url, count, last, is_create);
  }
  printf("%.3f %.3f %ld\n", (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / (double)count,
         (bench_seconds(CLOCK_MONOTONIC) - wall) * 1e6 / (double)count, bench_peak_memory());
  curl_easy_cleanup(easy);
  return 0;
}
