/* The verdict on an answer to a Digest challenge (RFC 7616): what a server that knows the password
 * would say of it. Computed here, and not by what the client has for it. */
#pragma once

#include <stdbool.h>

#include "scenario.h"

/** Whether this Authorization header (NULL: there is none) is the right answer, in a request with
 * this method and target: of that user, to that challenge, for the n-th time, and of this request.
 */
bool judge_digest(const struct expected_digest *expected, const char *method, const char *target,
                  const char *authorization);
