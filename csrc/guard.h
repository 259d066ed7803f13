/* What stands between libcurl and the sending of a request. */
#ifndef STUDIO_GUARD_H
#define STUDIO_GUARD_H

#pragma GCC visibility push(hidden)

/* CURLOPT_PREREQFUNCTION, with a transfer as context: called when a connection is there and the request is about to be sent on it. A second
   time means that libcurl is about to repeat by itself a request whose fate is unknown: it does so, for a POST too, when a kept connection
   closes before the first byte of the answer. Repeating is for the retry policy alone, unless the server has said that it did nothing. */
int studio_guard_on_request(void *transfer, char *remote_ip, char *local_ip, int remote_port, int local_port);

#pragma GCC visibility pop

#endif
