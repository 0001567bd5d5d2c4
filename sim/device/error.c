#include "error.h"

#include <stdio.h>

bool error_set(struct error *err, const char *format, ...)
{
    if (err == NULL) {
        return false;
    }
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    if (written < 0) {
        err->text[0] = '\0';
    }
    return false;
}
