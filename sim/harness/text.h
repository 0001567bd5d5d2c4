/* Text that grows, for what a report says. Out of memory ends the program: nothing can be judged
 * without a report. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *bytes; /* always terminated once anything was added */
    size_t length, capacity;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A text in one go; the caller frees. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The same with the arguments of a caller's caller. */
char *text_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/** Takes the text out, "" if nothing was added; the caller frees. */
char *text_take(struct text *text);
