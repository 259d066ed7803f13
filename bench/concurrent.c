/* The floor of bench/concurrent: the same creates with libcurl alone, so many at a time on one multi handle, and nothing done with the
   answers. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define USER "AC0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef"
#define FORM "To=%2B15558675310&From=%2B15017122661"

typedef struct Answer {
  char *data;
  size_t length, room;
} Answer;

static double now(void)
{
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

static double cpu(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
  Answer *answer = context;
  size_t length = size * count;
  if (answer->length + length > answer->room) {
    answer->room = (answer->length + length) * 2;
    answer->data = realloc(answer->data, answer->room);
    if (answer->data == NULL)
      exit(1);
  }
  memcpy(answer->data + answer->length, data, length);
  answer->length += length;
  return length;
}

static CURL *make(const char *url, struct curl_slist *headers, Answer *answer, const char *ca_file)
{
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  /* In plain HTTP all would wait for the first answer. */
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, strncmp(url, "https", 5) == 0 ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
  curl_easy_setopt(easy, CURLOPT_USERPWD, USER);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, FORM);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
  if (*ca_file != '\0') {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  return easy;
}

/* concurrent URL COUNT CONCURRENCY [CA_FILE] */
int main(int argc, char **argv)
{
  const char *url = argv[1], *ca_file = argc > 4 ? argv[4] : "";
  int count = atoi(argv[2]), concurrency = atoi(argv[3]), started = 0, ended = 0, running = 0, left, good = 0;
  struct curl_slist *headers = NULL;
  Answer *answers = calloc((size_t)concurrency, sizeof *answers);
  CURLM *multi;
  CURLMsg *message;
  double wall_before, cpu_before;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 128L);
  headers = curl_slist_append(headers, "Accept: application/json");
  headers = curl_slist_append(headers, "User-Agent: lua-studio/0.1.0 (linux x86_64) Lua/5.4 libcurl/7.88.1");
  wall_before = now();
  cpu_before = cpu();
  for (; started < concurrency && started < count; started++) {
    CURL *easy = make(url, headers, &answers[started], ca_file);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &answers[started]);
    curl_multi_add_handle(multi, easy);
  }
  while (ended < count) {
    curl_multi_perform(multi, &running);
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
      CURL *easy = message->easy_handle;
      Answer *answer;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      good += message->data.result == CURLE_OK && status / 100 == 2;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)(void *)&answer);
      answer->length = 0;
      ended++;
      curl_multi_remove_handle(multi, easy);
      if (started < count) {
        started++;
        curl_multi_add_handle(multi, easy);
      } else {
        curl_easy_cleanup(easy);
      }
    }
    if (ended < count)
      curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  printf("%.6f %.6f %d\n", now() - wall_before, cpu() - cpu_before, good);
  return good == count ? 0 : 1;
}
