#include "timeline_draw.h"

#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "fields.h"
#include "markup.h"
#include "timeline_lanes.h"

enum { AXIS_HEIGHT = 16, BOOT_HEIGHT = 20, CHARACTER_WIDTH = 6 };

/* The record of that kind in that boot, or NULL. */
static const json_t *record_of(const json_t *trace, const struct axis *axis, size_t boot,
                               const char *kind)
{
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        if (axis->boot_of[i] == boot && strcmp(field_text(record, "kind"), kind) == 0) {
            return record;
        }
    }
    return NULL;
}

static const char *look_of_end(const char *how)
{
    static const struct {
        const char *how, *look;
    } looks[] = {
        {"panic", "bad"},
        {"watchdog", "bad"},
        {"power-cut", "cut"},
        {"no-app", "bad"},
    };
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (strcmp(how, looks[i].how) == 0) {
            return looks[i].look;
        }
    }
    return "boot";
}

static void draw_boot(struct text *out, const json_t *trace, const struct axis *axis, size_t number)
{
    const struct axis_boot *place = &axis->boots[number];
    const json_t *boot = record_of(trace, axis, number, "boot");
    const json_t *end = record_of(trace, axis, number, "end");
    const char *how = field_text(end, "how");
    char *what = boot != NULL ? text_format("%s %s", field_text(boot, "running"),
                                            field_text(boot, "version"))
                              : text_format("no app");
    double room = place->width * LANE_WIDTH / 100;
    text_add(out, "<g class=\"box %s\"><title>", look_of_end(how));
    markup_addf(out, "boot %zu after %s: %.3f to %.3f s, ", number,
                boot != NULL ? field_text(boot, "reset") : "a reset", (double)place->begin_us / 1e6,
                (double)place->end_us / 1e6);
    markup_addf(out, "%s; ends: %s %s", what, how, field_text(end, "detail"));
    text_add(out, "</title><rect x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\"/>", place->x, AXIS_HEIGHT,
             place->width);
    text_add(out, "<text class=\"on\" x=\"%.2f%%\" y=\"%d\" dx=\"5\">", place->x, AXIS_HEIGHT + 14);
    char *label = text_format("boot %zu: %s, ends: %s", number, what, how);
    if ((double)(strlen(label) * CHARACTER_WIDTH + 10) <= room) {
        markup_add(out, label);
    } else if ((double)(strlen(what) * CHARACTER_WIDTH + 10) <= room) {
        markup_add(out, what);
    } else {
        text_add(out, "%zu", number);
    }
    text_add(out, "</text></g>");
    free(label);
    free(what);
}

/* The clock where a boot begins and, if there is room, at round times in it. */
static void draw_times(struct text *out, const struct axis *axis, size_t number)
{
    const struct axis_boot *boot = &axis->boots[number];
    const double least = 64.0 * 100 / LANE_WIDTH; /* percent from one to the next */
    static const long long steps[] = {10000,   20000,   50000,   100000,   200000,   500000,
                                      1000000, 2000000, 5000000, 10000000, 60000000, 600000000};
    const double enough = 48.0 * 100 / LANE_WIDTH;
    if (boot->width >= enough || number == 0 || number + 1 == axis->count) {
        text_add(out, "<text class=\"time\" x=\"%.2f%%\" y=\"11\">%.3g s</text>", boot->x,
                 (double)boot->begin_us / 1e6);
    }
    double duration = (double)(boot->end_us - boot->begin_us);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && duration > 0; i++) {
        if ((double)steps[i] / duration * boot->width < least) {
            continue;
        }
        for (long long us = (boot->begin_us / steps[i] + 1) * steps[i]; us < boot->end_us;
             us += steps[i]) {
            double x = axis_x(axis, number, us);
            if (x - boot->x < least || x > 96) {
                continue;
            }
            text_add(out,
                     "<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"100%%\"/>", x,
                     x);
            text_add(out, "<text class=\"time\" x=\"%.2f%%\" y=\"11\" dx=\"3\">%.3g s</text>", x,
                     (double)us / 1e6);
        }
        return;
    }
}

static int lane_in_order(size_t index, const struct timeline_lanes *lanes)
{
    if (index < LANE_ERASES) {
        return (int)index;
    }
    /* A partition's two lanes stand together. */
    size_t partition = (index - LANE_ERASES) / 2;
    bool programs = (index - LANE_ERASES) % 2 != 0;
    return partition < lanes->partitions
               ? (int)((programs ? LANE_PROGRAMS : LANE_ERASES) + partition)
               : -1;
}

static int draw_lanes(struct text *out, struct timeline_lanes *lanes, int y)
{
    for (size_t i = 0; i < TIMELINE_LANES; i++) {
        int lane = lane_in_order(i, lanes);
        if (lane >= 0) {
            y += lane_draw(out, &lanes->lanes[lane], y);
        }
    }
    return y;
}

void timeline_draw(struct text *out, const char *name, const json_t *trace)
{
    struct axis axis = axis_create(trace);
    struct timeline_lanes lanes;
    struct text drawing = {0};
    timeline_lanes_fill(&lanes, trace, &axis);
    for (size_t i = 0; i < axis.count; i++) {
        draw_times(&drawing, &axis, i);
        if (i > 0) {
            text_add(&drawing,
                     "<line class=\"reset\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"100%%\"/>",
                     axis.boots[i].x, axis.boots[i].x, AXIS_HEIGHT);
        }
    }
    for (size_t i = 0; i < axis.count; i++) {
        draw_boot(&drawing, trace, &axis, i);
    }
    int height = draw_lanes(&drawing, &lanes, AXIS_HEIGHT + BOOT_HEIGHT + 6);
    char *inside = text_take(&drawing);
    text_add(out,
             "<div class=\"wide\"><svg class=\"line\" role=\"img\" height=\"%d\" aria-label=\"",
             height);
    markup_addf(out, "Time line of %s on the device's clock", name);
    text_add(out, "\">%s</svg></div>\n", inside);
    free(inside);
    timeline_lanes_free(&lanes);
    axis_free(&axis);
}
