#include "flash_draw.h"

#include <string.h>

#include "fields.h"
#include "flash.h"
#include "markup.h"

static const char *look_of_erases(long long erases)
{
    return erases == 1 ? "e1" : erases <= 3 ? "e2" : erases <= 9 ? "e3" : "e4";
}

enum { BEFORE = 0, AFTER = 12, ERASES = 24 };

static void draw_cell(struct text *out, const char *look, double x, double width, int y)
{
    text_add(out, "<rect class=\"%s\" x=\"%.3g%%\" y=\"%d\" width=\"%.3g%%\"/>", look, x, y, width);
}

/* What is empty, or was never erased, is the ground. */
static void draw_sectors(struct text *out, const json_t *row, double sectors)
{
    long long first = json_integer_value(json_array_get(row, 0));
    long long count = json_integer_value(json_array_get(row, 1));
    long long erases = json_integer_value(json_array_get(row, 4));
    bool before = json_is_true(json_array_get(row, 2));
    bool after = json_is_true(json_array_get(row, 3));
    double x = (double)first * 100 / sectors, width = (double)count * 100 / sectors;
    if (!before && !after && erases == 0) {
        return;
    }
    text_add(out, "<g><title>sectors %lld to %lld: %s, then %s; erased %lld times</title>", first,
             first + count - 1, before ? "data" : "empty", after ? "data" : "empty", erases);
    if (before) {
        draw_cell(out, "data", x, width, BEFORE);
    }
    if (after) {
        draw_cell(out, erases > 0 || !before ? "new" : "data", x, width, AFTER);
    }
    if (erases > 0) {
        draw_cell(out, look_of_erases(erases), x, width, ERASES);
    }
    text_add(out, "</g>");
}

static bool is_touched(const json_t *partition)
{
    return field_number(partition, "erases") > 0 || field_number(partition, "programs") > 0;
}

static void add_figures(struct text *out, const json_t *partition)
{
    long long erases = field_number(partition, "erases"),
              programs = field_number(partition, "programs");
    if (!is_touched(partition)) {
        text_add(out, "not touched");
        return;
    }
    text_add(out, "sector erases: %lld (of one at most %lld), programs: %lld, bytes: %lld", erases,
             field_number(partition, "most"), programs, field_number(partition, "bytes"));
}

static void add_contents(struct text *out, const json_t *partition)
{
    const char *before = field_text(partition, "before"), *after = field_text(partition, "after");
    markup_add(out, before);
    if (strcmp(before, after) != 0) {
        text_add(out, " \xE2\x86\x92 <b>");
        markup_add(out, after);
        text_add(out, "</b>");
    }
}

static void draw_partition(struct text *out, const json_t *partition)
{
    const json_t *map = json_object_get(partition, "map");
    long long size = field_number(partition, "size");
    double sectors = (double)(size > 0 ? size : 1) / FLASH_SECTOR_SIZE;
    text_add(out, "<div class=\"part\"><p><b>");
    markup_add(out, field_text(partition, "label"));
    text_add(out, "</b> <small>");
    markup_add(out, field_text(partition, "kind"));
    text_add(out, ", %lld KB at 0x%llx</small> ", size / 1024, field_number(partition, "offset"));
    add_contents(out, partition);
    text_add(out, "<br><small>");
    add_figures(out, partition);
    text_add(out,
             "</small></p><div class=\"strip\"><small>%s</small><svg class=\"map\" role=\"img\"%s "
             "aria-label=\"Sectors of ",
             is_touched(partition) ? "before<br>after<br>erased" : "content",
             is_touched(partition) ? " height=\"35\"" : "");
    markup_add(out, field_text(partition, "label"));
    text_add(out, "\">");
    for (size_t i = 0; i < json_array_size(map); i++) {
        draw_sectors(out, json_array_get(map, i), sectors);
    }
    text_add(out, "</svg></div></div>\n");
}

/* Data partitions that nothing touched say nothing about an update. */
static bool matters(const json_t *partition)
{
    bool app = strncmp(field_text(partition, "kind"), "app/", 4) == 0;
    return app || is_touched(partition) || strcmp(field_text(partition, "kind"), "data/ota") == 0;
}

void flash_draw_map(struct text *out, const json_t *flash)
{
    const json_t *partitions = json_object_get(flash, "partitions");
    text_add(out, "<div class=\"flash\">");
    for (size_t i = 0; i < json_array_size(partitions); i++) {
        if (matters(json_array_get(partitions, i))) {
            draw_partition(out, json_array_get(partitions, i));
        }
    }
    text_add(out, "</div>\n");
}

void flash_draw_otadata(struct text *out, const json_t *flash)
{
    const json_t *otadata = json_object_get(flash, "otadata");
    if (!json_is_object(otadata)) {
        return;
    }
    const json_t *before = json_object_get(otadata, "before");
    const json_t *after = json_object_get(otadata, "after");
    text_add(out, "<table><caption>otadata</caption><tr><td></td><th scope=\"col\">before</th>"
                  "<th scope=\"col\">after</th></tr>");
    for (size_t i = 0; i < 2; i++) {
        const char *was = json_string_value(json_array_get(before, i));
        const char *is = json_string_value(json_array_get(after, i));
        bool changed = was != NULL && is != NULL && strcmp(was, is) != 0;
        text_add(out, "<tr><th scope=\"row\">entry %zu</th><td>", i);
        markup_add(out, was);
        text_add(out, changed ? "</td><td><b>" : "</td><td>");
        markup_add(out, is);
        text_add(out, changed ? "</b></td></tr>" : "</td></tr>");
    }
    text_add(out, "<tr><th scope=\"row\">boots</th><td>");
    markup_add(out, field_text(otadata, "before_selects"));
    text_add(out, "</td><td>");
    markup_add(out, field_text(otadata, "after_selects"));
    text_add(out, "</td></tr></table>\n");
}
