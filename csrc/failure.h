/* What a failed transfer says of itself: one word for Lua, one sentence for people. */
#ifndef STUDIO_FAILURE_H
#define STUDIO_FAILURE_H

#include "transfer_state.h"

#pragma GCC visibility push(hidden)

/* Of a transfer that ended with a failure. Both live as long as the transfer does. */
const char *studio_failure_name(const Transfer *transfer);
const char *studio_failure_text(const Transfer *transfer);

#pragma GCC visibility pop

#endif
