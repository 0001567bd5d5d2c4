#include "replay_report.h"

#include <stdio.h>
#include <stdlib.h>

const char *replay_string(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

static char *dump(const json_t *value)
{
    return value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS)
                         : NULL;
}

void replay_differs(struct replay_result *result, const char *field, json_t *expected,
                    json_t *actual)
{
    char *left = dump(expected), *right = dump(actual);
    result->differences++;
    text_add(&result->text, "  %s: expected %.600s, actual %.600s\n", field,
             left != NULL ? left : "nothing", right != NULL ? right : "nothing");
    free(left);
    free(right);
    json_decref(expected);
    json_decref(actual);
}

void replay_same(struct replay_result *result, const char *field, const json_t *expected,
                 const json_t *actual)
{
    if (expected != NULL && !json_equal(expected, actual)) {
        replay_differs(result, field, json_deep_copy(expected), json_deep_copy(actual));
    }
}

void replay_same_lists(struct replay_result *result, const char *list, const json_t *expected,
                       const json_t *actual)
{
    size_t count = json_array_size(expected), other = json_array_size(actual);
    for (size_t i = 0; expected != NULL && (i < count || i < other); i++) {
        const json_t *left = json_array_get(expected, i), *right = json_array_get(actual, i);
        if (!json_equal(left, right)) {
            char field[80];
            snprintf(field, sizeof field, "%s[%zu]", list, i);
            replay_differs(result, field, json_deep_copy(left), json_deep_copy(right));
            return;
        }
    }
}
