#include "markup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t sequence_length(unsigned char lead)
{
    return lead < 0x80                   ? 1
           : lead < 0xC0 || lead >= 0xF8 ? 0
           : lead >= 0xF0                ? 4
           : lead >= 0xE0                ? 3
                                         : 2;
}

/* RFC 3629: overlong forms, surrogates and what is above U+10FFFF are no UTF-8. */
static bool is_character(uint32_t code, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code >= least[length] && code <= 0x10FFFF && !surrogate && code != 0xFFFE &&
           code != 0xFFFF;
}

size_t markup_character(const char *text)
{
    unsigned char lead = (unsigned char)text[0];
    size_t length = sequence_length(lead);
    if (length == 1) {
        bool control = lead < 0x20 && strchr("\t\n\r", lead) == NULL;
        return control || lead == 0x7F ? 0 : 1;
    }
    if (length == 0) {
        return 0;
    }
    uint32_t code = lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (byte & 0x3Fu);
    }
    /* U+0080 to U+009F are controls too: allowed by XML, but nothing that a reader can see. */
    return is_character(code, length) && code >= 0xA0 ? length : 0;
}

/* White space as references, so that attributes keep it. */
static const char *reference(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

static void add(struct text *out, const char *text, bool keeps_lines)
{
    while (text != NULL && *text != '\0') {
        size_t length = markup_character(text);
        bool as_it_is = length != 1 || (keeps_lines && *text == '\n');
        const char *instead = as_it_is ? NULL : reference(*text);
        if (length == 0) {
            text_add(out, "\\x%02X", (unsigned)(unsigned char)*text);
        } else if (instead != NULL) {
            text_add(out, "%s", instead);
        } else {
            text_add(out, "%.*s", (int)length, text);
        }
        text += length > 0 ? length : 1;
    }
}

void markup_add(struct text *out, const char *text)
{
    add(out, text, false);
}

void markup_add_lines(struct text *out, const char *text)
{
    add(out, text, true);
}

void markup_addf(struct text *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *plain = text_vformat(format, args);
    va_end(args);
    markup_add(out, plain);
    free(plain);
}
