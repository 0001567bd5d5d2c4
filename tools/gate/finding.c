#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word, *color;
} levels[FINDING_LEVELS] = {
    [FINDING_OK] = {"ok", "\033[32m"},     [FINDING_NOTE] = {"note", "\033[36m"},
    [FINDING_WARN] = {"warn", "\033[33m"}, [FINDING_FAIL] = {"FAIL", "\033[31m"},
    [FINDING_SKIP] = {"skip", "\033[33m"},
};

void findings_section(const char *title)
{
    printf("\n%s\n", title);
}

void findings_add(struct findings *findings, enum finding_level level, const char *advice,
                  const char *format, ...)
{
    findings->count[level]++;
    printf("  %s%-4s%s  ", findings->color ? levels[level].color : "", levels[level].word,
           findings->color ? "\033[0m" : "");
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    if (advice != NULL) {
        printf("        -> %s\n", advice);
    }
    fflush(stdout);
}

void findings_detail(const char *lines)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        printf("      %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

void findings_summary(const struct findings *findings)
{
    unsigned failed = findings->count[FINDING_FAIL], warned = findings->count[FINDING_WARN];
    unsigned skipped = findings->count[FINDING_SKIP];
    printf("\n%u ok, %u warning%s, %u failed", findings->count[FINDING_OK], warned,
           warned == 1 ? "" : "s", failed);
    if (skipped > 0) {
        printf(", %u not tried", skipped);
    }
    puts(failed > 0   ? ": do not ship this"
         : warned > 0 ? ": look at the warnings before you ship this"
                      : ": good to go");
}
