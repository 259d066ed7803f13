/* The floor: the same exchanges with libcurl alone. One easy handle that is reused, USERPWD, the body kept in memory and nothing done with
   it; for many at a time, as many easy handles on one multi handle.

   floor fetch ORIGIN FLOW SIDS COUNT 1 [CA_FILE]             one request after the other
   floor pages ORIGIN FLOW SIDS COUNT 1 SIZE                  pages of SIZE records, COUNT records in all
   floor create ORIGIN FLOW SIDS COUNT IN_FLIGHT              creates, so many at a time
   floor multiplex ORIGIN FLOW SIDS COUNT IN_FLIGHT CA_FILE   fetches, so many at a time on one HTTP/2 connection

   SIDS is a file of what fetches ask for, 34 letters each: every request is another one, and so is every answer.

   Prints microseconds of processor time and of wall time for each request or record, and the most memory it had, in KiB. */
#define _POSIX_C_SOURCE 200809L
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SID_LENGTH = 34, URL_ROOM = 512, FORM_ROOM = 256 };

/* One of those in flight. */
typedef struct Slot {
  Body body;
  char form[FORM_ROOM];
} Slot;

/* What all requests of a run have in common. */
typedef struct Work {
  const char *collection; /* its URL */
  const char *sids;
  int creates;
} Work;

static const char *read_sids(const char *name, size_t length)
{
  char *sids = malloc(length + 1);
  FILE *file = fopen(name, "rb");
  if (sids == NULL || file == NULL || fread(sids, 1, length, file) != length)
    bench_fail("the SIDs cannot be read");
  fclose(file);
  return sids;
}

/* Has a handle ask for what comes next; requests are counted from 0. */
static void aim(CURL *easy, Slot *slot, const Work *work, long number)
{
  const char *sid = work->sids + number * SID_LENGTH;
  char url[URL_ROOM];
  slot->body.length = 0;
  if (work->creates) {
    snprintf(slot->form, sizeof slot->form,
             "To=%%2B1555%07ld&From=%%2B15017122661&Parameters=%%7B%%22order%%22%%3A%%22%.*s%%22%%7D", number + 1, SID_LENGTH, sid);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot->form);
  } else {
    snprintf(url, sizeof url, "%s/%.*s", work->collection, SID_LENGTH, sid);
    curl_easy_setopt(easy, CURLOPT_URL, url);
  }
}

static void take_pages(CURL *easy, Body *body, const char *url, long count, long size)
{
  long page;
  for (page = 0; page < count / size; page++)
    bench_take_page(easy, body, url, size, page);
}

static void many(const Work *work, long count, long in_flight, const char *ca_file)
{
  Slot *slots = calloc((size_t)in_flight, sizeof *slots);
  CURLM *multi = curl_multi_init();
  CURLMsg *message;
  long started = 0, ended = 0;
  int running, left;
  if (slots == NULL)
    bench_fail("out of memory");
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, in_flight);
  for (; started < in_flight && started < count; started++) {
    CURL *easy = bench_make(work->collection, &slots[started].body, ca_file);
    if (!work->creates)
      curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    aim(easy, &slots[started], work, started);
    curl_multi_add_handle(multi, easy);
  }
  while (ended < count) {
    curl_multi_perform(multi, &running);
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
      CURL *easy = message->easy_handle;
      char *slot = NULL;
      if (message->data.result != CURLE_OK)
        bench_fail("an exchange failed");
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
      curl_multi_remove_handle(multi, easy);
      ended++;
      if (started < count) {
        aim(easy, (Slot *)(void *)slot, work, started);
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
  const char *name, *origin, *flow, *last = argc > 7 ? argv[7] : NULL;
  int is_fetch, is_list;
  long count, in_flight, index;
  double cpu, wall;
  char collection[URL_ROOM / 2];
  Slot slot = { { NULL, 0, 0 }, "" };
  Work work;
  CURL *easy;
  if (argc < 7)
    bench_fail("see the comment in floor.c");
  name = argv[1];
  origin = argv[2];
  flow = argv[3];
  count = atol(argv[5]);
  in_flight = atol(argv[6]);
  is_fetch = strcmp(name, "fetch") == 0;
  is_list = strcmp(name, "pages") == 0;
  work.creates = strcmp(name, "create") == 0;
  work.collection = collection;
  work.sids = read_sids(argv[4], (size_t)count * SID_LENGTH);
  snprintf(collection, sizeof collection, "%s/%s/Flows/%s/%s", origin, work.creates ? "v2" : "v1", flow,
           work.creates ? "Executions" : "Engagements");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  easy = bench_make(collection, &slot.body, is_list ? NULL : last);
  if (is_fetch && count > 1) {
    aim(easy, &slot, &work, 0);
    bench_exchange(easy, &slot.body);
  }
  if (is_list)
    take_pages(easy, &slot.body, collection, atol(last), atol(last));
  cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
  wall = bench_seconds(CLOCK_MONOTONIC);
  if (is_fetch) {
    for (index = 0; index < count; index++) {
      aim(easy, &slot, &work, index);
      bench_exchange(easy, &slot.body);
    }
  } else if (is_list) {
    take_pages(easy, &slot.body, collection, count, atol(last));
  } else {
    many(&work, count, in_flight, last);
  }
  wall = bench_seconds(CLOCK_MONOTONIC) - wall;
  printf("%.3f %.3f %ld %.3f\n", (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / (double)count, wall * 1e6 / (double)count,
         bench_peak_memory(), bench_seconds(CLOCK_PROCESS_CPUTIME_ID) * 1e6 / (double)count);
  curl_easy_cleanup(easy);
  return 0;
}
