/* What the floor asks of libcurl, and how it measures: for the floor itself and for what is to stand on the same one. */
#ifndef BENCH_EXCHANGE_H
#define BENCH_EXCHANGE_H

#include <curl/curl.h>
#include <stddef.h>
#include <time.h>

#pragma GCC visibility push(hidden)

typedef struct Body {
  char *data;
  size_t length, room;
} Body;

/* Ends the program. */
__attribute__((noreturn)) void bench_fail(const char *message);

double bench_seconds(clockid_t clock);

/* The most memory that the process had, in KiB. */
long bench_peak_memory(void);

/* An easy handle that keeps what comes in `body`. */
CURL *bench_make(const char *url, Body *body, const char *ca_file);

/* The body of one answer of 2xx. */
void bench_exchange(CURL *easy, Body *body);

/* The same for a page of the list at `url`; pages are counted from 0. */
void bench_take_page(CURL *easy, Body *body, const char *url, long size, long page);

#pragma GCC visibility pop

#endif
