#include "lane.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"

enum {
    NAME_HEIGHT = 15,
    BAR_HEIGHT = 9,
    ROW_HEIGHT = 12,
    LABEL_ROWS = 5,
    CHARACTER_WIDTH = 6,
    MANY = 200, /* bars; with more than that, unlike ones merge too */
};
#define LEAST_BAR 0.45 /* percent: 3 pixels */
#define NEAR      0.5  /* percent: bars that are not further apart become one */

void lane_add(struct lane *lane, double x, double end, const char *look, char *label, char *title)
{
    if (lane->count == lane->capacity) {
        lane->capacity = lane->capacity * 2 + 16;
        struct lane_bar *larger = realloc(lane->bars, lane->capacity * sizeof *larger);
        if (larger == NULL) {
            fputs("otasim: out of memory\n", stderr);
            abort();
        }
        lane->bars = larger;
    }
    lane->bars[lane->count++] = (struct lane_bar){x, end, look, label, title, 1};
}

static void bar_free(struct lane_bar *bar)
{
    free(bar->label);
    free(bar->title);
}

static bool same_label(const struct lane_bar *a, const struct lane_bar *b)
{
    return a->label == b->label ||
           (a->label != NULL && b->label != NULL && strcmp(a->label, b->label) == 0);
}

static bool alike(const struct lane_bar *a, const struct lane_bar *b)
{
    return strcmp(a->look, b->look) == 0 && same_label(a, b);
}

/* The worse look stays; what is not all alike has no label. */
static void absorb(struct lane_bar *last, struct lane_bar *bar)
{
    if (!same_label(last, bar)) {
        free(last->label);
        last->label = NULL;
    }
    last->look = strcmp(bar->look, "bad") == 0 ? bar->look : last->look;
    last->end = bar->end > last->end ? bar->end : last->end;
    last->merged += bar->merged;
    bar_free(bar);
}

static void merge(struct lane *lane, bool unlike)
{
    size_t kept = 0;
    for (size_t i = 0; i < lane->count; i++) {
        struct lane_bar *bar = &lane->bars[i];
        struct lane_bar *last = kept > 0 ? &lane->bars[kept - 1] : NULL;
        if (last != NULL && (unlike || alike(last, bar)) && bar->x - last->end < NEAR &&
            bar->x >= last->x) {
            absorb(last, bar);
        } else {
            lane->bars[kept++] = *bar;
        }
    }
    lane->count = kept;
}

/* How many from `begin` on are a group; *bars becomes what they were before merging. */
static size_t group_size(const struct lane *lane, size_t begin, size_t *bars)
{
    size_t end = begin;
    *bars = 0;
    while (end < lane->count && alike(&lane->bars[begin], &lane->bars[end])) {
        *bars += lane->bars[end++].merged;
    }
    return end - begin;
}

enum { PERCENT_LENGTH = 16 };

/* A page has tens of thousands of these: the style sheet gives the height, and the least width. */
static void add_place(struct text *out, const struct lane_bar *bar)
{
    double width = bar->end - bar->x > LEAST_BAR ? bar->end - bar->x : LEAST_BAR;
    double x = bar->x + width > 100 ? 100 - width : bar->x;
    text_add(out, " x=\"%.1f%%\"", x);
}

/* "" is the least. Returns text. */
static const char *width_text(const struct lane_bar *bar, char text[PERCENT_LENGTH])
{
    double width = bar->end - bar->x;
    text[0] = '\0';
    if (width > LEAST_BAR) {
        snprintf(text, PERCENT_LENGTH, "%.*f%%", width < 1 ? 2 : 1, width);
    }
    return text;
}

static void add_width(struct text *out, const struct lane_bar *bar)
{
    char text[PERCENT_LENGTH];
    if (width_text(bar, text)[0] != '\0') {
        text_add(out, " width=\"%s\"", text);
    }
}

static bool of_one_width(const struct lane_bar *bars, size_t count)
{
    char first[PERCENT_LENGTH], other[PERCENT_LENGTH];
    width_text(bars, first);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(first, width_text(&bars[i], other)) != 0) {
            return false;
        }
    }
    return true;
}

static void add_title(struct text *out, const struct lane_bar *bar, size_t merged)
{
    text_add(out, "<title>");
    markup_add(out, bar->title);
    if (merged > 1) {
        text_add(out, ", and %zu more", merged - 1);
    }
    text_add(out, "</title>");
}

static void draw_group(struct text *out, const struct lane_bar *bars, size_t count, size_t merged,
                       int y)
{
    if (count == 1) {
        text_add(out, "<rect class=\"%s\" y=\"%d\"", bars->look, y);
        add_place(out, bars);
        add_width(out, bars);
        text_add(out, ">");
        add_title(out, bars, merged);
        text_add(out, "</rect>");
        return;
    }
    bool shared = of_one_width(bars, count);
    char width[PERCENT_LENGTH];
    text_add(out, "<g class=\"%s\" transform=\"translate(0,%d)\"", bars->look, y);
    if (shared && width_text(bars, width)[0] != '\0') {
        text_add(out, " style=\"--width:%s\"", width);
    }
    text_add(out, ">");
    add_title(out, bars, merged);
    for (size_t i = 0; i < count; i++) {
        text_add(out, "<rect");
        add_place(out, &bars[i]);
        if (!shared) {
            add_width(out, &bars[i]);
        }
        text_add(out, "/>");
    }
    text_add(out, "</g>");
}

/* In the first row that has room; a label without room is left out: the steps have it. */
static int place(double taken[LABEL_ROWS], double *x, double width)
{
    double begin = *x + width > 100 ? 100 - width : *x;
    begin = begin < 0 ? 0 : begin;
    for (int row = 0; row < LABEL_ROWS; row++) {
        if (begin >= taken[row]) {
            taken[row] = begin + width;
            *x = begin;
            return row;
        }
    }
    return -1;
}

/* Returns the row; -1 if there was no room. */
static int draw_label(struct text *out, double taken[LABEL_ROWS], const struct lane_bar *bar,
                      size_t merged, int y)
{
    char times[24] = "";
    if (merged > 1) {
        snprintf(times, sizeof times, " \xC3\x97%zu", merged);
    }
    double pixels = (double)((strlen(bar->label) + strlen(times)) * CHARACTER_WIDTH + 8);
    double x = bar->x;
    int row = place(taken, &x, pixels * 100 / LANE_WIDTH);
    if (row >= 0) {
        text_add(out, "<text x=\"%.1f%%\" y=\"%d\">", x, y + ROW_HEIGHT * (row + 1) - 2);
        markup_add(out, bar->label);
        text_add(out, "%s</text>", times);
    }
    return row;
}

int lane_draw(struct text *out, struct lane *lane, int y)
{
    if (lane->count == 0) {
        return 0;
    }
    merge(lane, false);
    if (lane->count > MANY) {
        merge(lane, true);
    }
    text_add(out, "<text class=\"lane\" y=\"%d\">", y + NAME_HEIGHT - 4);
    markup_add(out, lane->name);
    text_add(out, "</text>");
    double taken[LABEL_ROWS] = {0};
    int bars = y + NAME_HEIGHT, rows = 0;
    for (size_t i = 0, merged, size; i < lane->count; i += size) {
        size = group_size(lane, i, &merged);
        draw_group(out, &lane->bars[i], size, merged, bars);
        if (lane->bars[i].label != NULL) {
            int row = draw_label(out, taken, &lane->bars[i], merged, bars + BAR_HEIGHT);
            rows = row >= rows ? row + 1 : rows;
        }
    }
    return NAME_HEIGHT + BAR_HEIGHT + rows * ROW_HEIGHT + 4;
}

void lane_free(struct lane *lane)
{
    for (size_t i = 0; i < lane->count; i++) {
        bar_free(&lane->bars[i]);
    }
    free(lane->bars);
    memset(lane, 0, sizeof *lane);
}
