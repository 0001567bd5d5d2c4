#include "axis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("otasim: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static bool is_kind(const json_t *record, const char *kind)
{
    const char *is = json_string_value(json_object_get(record, "kind"));
    return is != NULL && strcmp(is, kind) == 0;
}

static void find_boots(struct axis *axis, const json_t *trace)
{
    bool ended = false;
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        long long us = json_integer_value(json_object_get(record, "t"));
        /* What the harness finds out about an end comes after it. */
        if (ended && !is_kind(record, "backtrace")) {
            long long end = axis->boots[axis->count - 1].end_us;
            axis->boots[axis->count++] = (struct axis_boot){.begin_us = end, .end_us = end};
            ended = false;
        }
        struct axis_boot *boot = &axis->boots[axis->count - 1];
        boot->end_us = us > boot->end_us ? us : boot->end_us;
        axis->boot_of[i] = axis->count - 1;
        ended = ended || is_kind(record, "end");
    }
}

/* Each has a share of its own, and what is left is given out by duration. */
static void lay_out(struct axis *axis)
{
    double least = axis->count > 5 ? 60.0 / (double)axis->count : 11.5;
    double total = 0;
    for (size_t i = 0; i < axis->count; i++) {
        total += (double)(axis->boots[i].end_us - axis->boots[i].begin_us);
    }
    double rest = 100.0 - least * (double)axis->count;
    double x = 0;
    for (size_t i = 0; i < axis->count; i++) {
        struct axis_boot *boot = &axis->boots[i];
        double share =
            total > 0 ? (double)(boot->end_us - boot->begin_us) / total : 1.0 / (double)axis->count;
        boot->x = x;
        boot->width = least + rest * share;
        x += boot->width;
    }
}

struct axis axis_create(const json_t *trace)
{
    size_t records = json_array_size(trace);
    struct axis axis = {.count = 1};
    axis.boots = checked(calloc(records + 1, sizeof *axis.boots));
    axis.boot_of = checked(calloc(records + 1, sizeof *axis.boot_of));
    find_boots(&axis, trace);
    lay_out(&axis);
    return axis;
}

void axis_free(struct axis *axis)
{
    free(axis->boots);
    free(axis->boot_of);
    memset(axis, 0, sizeof *axis);
}

/* What happens when a boot ends is drawn in it, not in the next one. */
#define LAST_PART 0.8 /* percent */

double axis_x(const struct axis *axis, size_t boot, long long us)
{
    const struct axis_boot *at = &axis->boots[boot];
    long long duration = at->end_us - at->begin_us;
    if (duration <= 0 || us <= at->begin_us) {
        return at->x;
    }
    double part = us >= at->end_us ? 1.0 : (double)(us - at->begin_us) / (double)duration;
    return at->x + (at->width - LAST_PART) * part;
}
