/* One request and its answer, on an engine. */
#ifndef STUDIO_TRANSFER_H
#define STUDIO_TRANSFER_H

#include "transfer_state.h"

#pragma GCC visibility push(hidden)

/* `transfer` is zeroed memory that the caller owns. */
int studio_transfer_open(Transfer *transfer, Engine *engine);
/* Ends it if it is in flight, and frees what it has; but `head` and `body` only once nobody reads them. */
void studio_transfer_close(Transfer *transfer);
/* The same for a transfer that nobody can refer to any more: a reader that an error ended has not let go. */
void studio_transfer_free(Transfer *transfer);

/* Between the two `head` and `body` stay as they are: whatever allocates Lua memory may run a finalizer of the program, and that may close
   the transfer, or its multi. */
void studio_transfer_hold(Transfer *transfer);
void studio_transfer_let_go(Transfer *transfer);

typedef struct RequestText {
  const char *method, *origin, *target, *body;
  size_t body_length;
  double timeout; /* seconds; 0 for none */
} RequestText;

/* FAILURE_NONE when it is on its way; otherwise FAILURE_URL or FAILURE_MEMORY. */
TransferFailure studio_transfer_start(Transfer *transfer, const RequestText *request, HeaderSet *headers);
void studio_transfer_cancel(Transfer *transfer);
/* Ready for the next request: buffers emptied, header set let go. */
void studio_transfer_reset(Transfer *transfer);

#pragma GCC visibility pop

#endif
