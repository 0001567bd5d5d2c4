/* What a gate has to say: one line a finding, in sections, as they come. */
#pragma once

#include <stdbool.h>

enum finding_level {
    FINDING_OK,
    FINDING_NOTE, /* neither good nor bad, but to be known */
    FINDING_WARN, /* a release may be like that, but hardly on purpose */
    FINDING_FAIL, /* devices in the field would suffer */
    FINDING_SKIP, /* was not tried; the text says why */
    FINDING_LEVELS,
};

struct findings {
    unsigned count[FINDING_LEVELS];
    bool color;
};

/** Begins a section. */
void findings_section(const char *title);

/** Prints a finding and counts it. `advice` says what to do about it; NULL: nothing. */
void findings_add(struct findings *findings, enum finding_level level, const char *advice,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Prints lines that belong to the finding before. */
void findings_detail(const char *lines);

/** Prints the last line of the page: how many of each, and what that means. */
void findings_summary(const struct findings *findings);
