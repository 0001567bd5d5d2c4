/* How a mismatch reads: what was expected and what happened, side by side. */
#include <stdlib.h>
#include <string.h>

#include "run_many.h"
#include "text.h"

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    line += line_length(line);
    return *line == '\n' ? line + 1 : NULL;
}

static size_t widest_line(const char *lines)
{
    size_t widest = 0;
    for (const char *line = lines; line != NULL; line = next_line(line)) {
        size_t length = line_length(line);
        widest = length > widest ? length : widest;
    }
    return widest;
}

static void add_mismatch(struct text *text, const struct mismatch *mismatch)
{
    const char *heading = "expected";
    size_t width = widest_line(mismatch->expected);
    width = width < strlen(heading) ? strlen(heading) : width;
    text_add(text, "  %s\n      %-*s   | actual\n", mismatch->field, (int)width, heading);
    const char *left = mismatch->expected;
    const char *right = mismatch->actual;
    while (left != NULL || right != NULL) {
        int left_length = left != NULL ? (int)line_length(left) : 0;
        int right_length = right != NULL ? (int)line_length(right) : 0;
        text_add(text, "      %-*.*s   | %.*s\n", (int)width, left_length, left != NULL ? left : "",
                 right_length, right != NULL ? right : "");
        left = left != NULL ? next_line(left) : NULL;
        right = right != NULL ? next_line(right) : NULL;
    }
}

char *run_result_text(const struct run_result *result)
{
    struct text text = {0};
    if (result->error.text[0] != '\0') {
        text_add(&text, "  %s\n", result->error.text);
    }
    for (size_t i = 0; i < result->mismatches; i++) {
        add_mismatch(&text, &result->mismatch[i]);
    }
    return text_take(&text);
}
