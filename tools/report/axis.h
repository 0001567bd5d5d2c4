/* The time axis of a run: the device's clock, boot after boot, as percent of the drawing's width. A
 * boot that took no time still has some width. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct axis_boot {
    long long begin_us, end_us;
    double x, width; /* percent */
};

struct axis {
    struct axis_boot *boots;
    size_t count;    /* at least 1 */
    size_t *boot_of; /* per record of the trace: in which boot it is */
};

/** Lays the boots of the trace side by side. Out of memory ends the program. */
struct axis axis_create(const json_t *trace);
void axis_free(struct axis *axis);

/** Where that time of that boot is. */
double axis_x(const struct axis *axis, size_t boot, long long us);
