/* Text that others wrote (names, traces, what a server sent), made safe for HTML and XML. */
#pragma once

#include "text.h"

/** Adds the text as character data, for element content and for attributes in double quotes: markup
 * characters as references, and as \xNN what XML 1.0 cannot hold: control characters, bytes that
 * are no UTF-8, U+FFFE and U+FFFF. NULL adds nothing. */
void markup_add(struct text *out, const char *text);

/** The same for the content of an element that shows its lines: they are kept as they are. */
void markup_add_lines(struct text *out, const char *text);

/** The same with printf's format: the result is escaped, arguments and format alike. */
void markup_addf(struct text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** How many bytes at `text` are one well-formed UTF-8 character that XML 1.0 can hold; 0: the first
 * byte is none. `text` is terminated and not empty. */
size_t markup_character(const char *text);
