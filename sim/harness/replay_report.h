/* What a replay has to say: the differences from its recording. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct replay_result {
    bool skipped;
    size_t differences;
    struct text text; /* a line each: field, expected, actual; or why it was skipped */
};

/** Adds one difference. expected and actual are consumed and may be NULL for "nothing". */
void replay_differs(struct replay_result *result, const char *field, json_t *expected,
                    json_t *actual);

/** Adds a difference unless both are equal, or nothing was recorded: expected is NULL. */
void replay_same(struct replay_result *result, const char *field, const json_t *expected,
                 const json_t *actual);

/** Adds the first difference of two arrays: what follows a departure says nothing more. The same if
 * nothing was recorded. */
void replay_same_lists(struct replay_result *result, const char *list, const json_t *expected,
                       const json_t *actual);

/** The text of an object's field; "" if it has none. */
const char *replay_string(const json_t *object, const char *key);
