#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *text, size_t more)
{
    if (text->length + more + 1 <= text->capacity) {
        return;
    }
    size_t capacity = (text->length + more + 1) * 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        fputs("otasim: out of memory\n", stderr);
        abort();
    }
    text->bytes = bytes;
    text->capacity = capacity;
}

static void add(struct text *text, const char *format, va_list args)
{
    va_list once_more;
    va_copy(once_more, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length >= 0) {
        reserve(text, (size_t)length);
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, once_more);
        text->length += (size_t)length;
    }
    va_end(once_more);
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(text, format, args);
    va_end(args);
}

char *text_vformat(const char *format, va_list args)
{
    struct text text = {0};
    add(&text, format, args);
    return text_take(&text);
}

char *text_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *bytes = text_vformat(format, args);
    va_end(args);
    return bytes;
}

char *text_take(struct text *text)
{
    reserve(text, 0);
    text->bytes[text->length] = '\0';
    char *bytes = text->bytes;
    memset(text, 0, sizeof *text);
    return bytes;
}
