#include "flash_draw.h"

#include <string.h>

#include "flash.h"
#include "markup.h"

static const char *string_of(const json_t *record, const char *key)
{
    const char *value = json_string_value(json_object_get(record, key));
    return value != NULL ? value : "";
}

static long long integer_of(const json_t *record, const char *key)
{
    return json_integer_value(json_object_get(record, key));
}

static const char *look_of_erases(long long erases)
{
    return erases == 0 ? "e0" : erases == 1 ? "e1" : erases <= 3 ? "e2" : erases <= 9 ? "e3" : "e4";
}

enum { ROW_HEIGHT = 11, BEFORE = 0, AFTER = 12, ERASES = 24 };

static void draw_cell(struct text *out, const char *look, double x, double width, int y)
{
    text_add(out, "<rect class=\"%s\" x=\"%.3g%%\" y=\"%d\" width=\"%.3g%%\" height=\"%d\"/>", look,
             x, y, width, ROW_HEIGHT);
}

static void draw_sectors(struct text *out, const json_t *row, double sectors)
{
    long long first = json_integer_value(json_array_get(row, 0));
    long long count = json_integer_value(json_array_get(row, 1));
    long long erases = json_integer_value(json_array_get(row, 4));
    bool before = json_is_true(json_array_get(row, 2)),
         after = json_is_true(json_array_get(row, 3));
    double x = (double)first * 100 / sectors, width = (double)count * 100 / sectors;
    text_add(out, "<g><title>sectors %lld to %lld: %s before, %s after, erased %lld times</title>",
             first, first + count - 1, before ? "data" : "empty", after ? "data" : "empty", erases);
    draw_cell(out, before ? "data" : "free", x, width, BEFORE);
    draw_cell(out, after ? (erases > 0 || !before ? "new" : "data") : "free", x, width, AFTER);
    draw_cell(out, look_of_erases(erases), x, width, ERASES);
    text_add(out, "</g>");
}

static void add_figures(struct text *out, const json_t *partition)
{
    long long erases = integer_of(partition, "erases"),
              programs = integer_of(partition, "programs");
    if (erases == 0 && programs == 0) {
        text_add(out, "not touched");
        return;
    }
    text_add(out, "sector erases: %lld (of one at most %lld), programs: %lld, bytes: %lld", erases,
             integer_of(partition, "most"), programs, integer_of(partition, "bytes"));
}

static void add_contents(struct text *out, const json_t *partition)
{
    const char *before = string_of(partition, "before"), *after = string_of(partition, "after");
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
    long long size = integer_of(partition, "size");
    double sectors = (double)(size > 0 ? size : 1) / FLASH_SECTOR_SIZE;
    text_add(out, "<div class=\"part\"><p><b>");
    markup_add(out, string_of(partition, "label"));
    text_add(out, "</b> <small>");
    markup_add(out, string_of(partition, "kind"));
    text_add(out, ", %lld KB at 0x%llx</small> ", size / 1024, integer_of(partition, "offset"));
    add_contents(out, partition);
    text_add(out, "<br><small>");
    add_figures(out, partition);
    text_add(out, "</small></p><div class=\"strip\"><small>before<br>after<br>erased</small><svg "
                  "class=\"map\" role=\"img\" height=\"36\" aria-label=\"Sectors of ");
    markup_add(out, string_of(partition, "label"));
    text_add(out, "\">");
    for (size_t i = 0; i < json_array_size(map); i++) {
        draw_sectors(out, json_array_get(map, i), sectors);
    }
    text_add(out, "</svg></div></div>\n");
}

/* Data partitions that nothing touched say nothing about an update. */
static bool matters(const json_t *partition)
{
    bool app = strncmp(string_of(partition, "kind"), "app/", 4) == 0;
    bool touched = integer_of(partition, "erases") > 0 || integer_of(partition, "programs") > 0;
    return app || touched || strcmp(string_of(partition, "kind"), "data/ota") == 0;
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
    markup_add(out, string_of(otadata, "before_selects"));
    text_add(out, "</td><td>");
    markup_add(out, string_of(otadata, "after_selects"));
    text_add(out, "</td></tr></table>\n");
}
