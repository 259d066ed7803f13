#define _POSIX_C_SOURCE 200809L
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER "AC0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef"

double bench_seconds(clockid_t clock)
{
  struct timespec moment;
  clock_gettime(clock, &moment);
  return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

void bench_fail(const char *message)
{
  fprintf(stderr, "%s\n", message);
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
      bench_fail("out of memory");
  }
  memcpy(body->data + body->length, data, length);
  body->length += length;
  return length;
}

CURL *bench_make(const char *url, Body *body, const char *ca_file)
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

void bench_exchange(CURL *easy, Body *body)
{
  long status = 0;
  body->length = 0;
  if (curl_easy_perform(easy) != CURLE_OK)
    bench_fail("the exchange failed");
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status / 100 != 2)
    bench_fail("the server refused");
}

void bench_take_page(CURL *easy, Body *body, const char *url, long size, long page)
{
  char whole[640];
  snprintf(whole, sizeof whole, "%s?PageSize=%ld&Page=%ld&PageToken=PT%ld", url, size, page, page);
  curl_easy_setopt(easy, CURLOPT_URL, whole);
  bench_exchange(easy, body);
}

long bench_peak_memory(void)
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
