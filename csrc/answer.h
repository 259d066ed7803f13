/* For libcurl, called with the transfer: what comes of its answer. */
#ifndef STUDIO_ANSWER_H
#define STUDIO_ANSWER_H

#include <curl/curl.h>

struct Transfer;

#pragma GCC visibility push(hidden)

/* CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION and CURLOPT_DEBUGFUNCTION. */
size_t studio_answer_on_body(char *data, size_t size, size_t count, void *transfer);
size_t studio_answer_on_head(char *data, size_t size, size_t count, void *transfer);
int studio_answer_on_debug(CURL *easy, curl_infotype type, char *text, size_t length, void *transfer);
/* Whether libcurl tells the last of them what it tells nobody else. */
void studio_answer_listen(struct Transfer *transfer, int listens);

#pragma GCC visibility pop

#endif
