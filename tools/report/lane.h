/* A lane of the time line: bars and marks with labels below them. Bars of a kind that nearly touch
 * become one, so that the size of a drawing has a bound whatever the trace holds. */
#pragma once

#include <stddef.h>

#include "text.h"

/** The width for which labels are placed, in pixels; a wider drawing only gives them more room. */
#define LANE_WIDTH 720

struct lane_bar {
    double x, end;    /* percent */
    const char *look; /* class of the style sheet; bars merge only with their like */
    char *label;      /* NULL: none */
    char *title;      /* what it is, in words; shown on hovering and read aloud */
    size_t merged;    /* so many bars are in it, before drawing 1 */
};

struct lane {
    const char *name;
    struct lane_bar *bars;
    size_t count, capacity;
};

/** Adds a bar. Bars that follow each other with the same look and label are a group, which is
 * labelled once and told by the title of its first. label (may be NULL) and title are malloc'ed and
 * become the lane's. */
void lane_add(struct lane *lane, double x, double end, const char *look, char *label, char *title);

/** Draws name, bars and labels from `y` on; returns the height in pixels. Nothing if it is empty.
 */
int lane_draw(struct text *out, struct lane *lane, int y);

void lane_free(struct lane *lane);
