#include "catalogue.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_ID = 16 };

static const struct catalogue_row rows[] = {
#define CATALOGUE(id, name, elsewhere) {id, name, elsewhere},
#include "../scenarios/catalogue.def"
#undef CATALOGUE
};

const struct catalogue_row *catalogue_row(size_t index)
{
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}

const struct catalogue_row *catalogue_find(const char *id)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcasecmp(rows[i].id, id) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Ids end in a small letter where a row has two ("H07a"), so neither case can be taken for both
 * without a copy of each. */
static bool copy_lower(char out[LONGEST_ID], const char *text, size_t length)
{
    if (length >= LONGEST_ID) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        out[i] = (char)tolower((unsigned char)text[i]);
    }
    out[length] = '\0';
    return true;
}

bool catalogue_names(const char *ids, const char *glob)
{
    char pattern[LONGEST_ID], id[LONGEST_ID];
    if (ids == NULL || !copy_lower(pattern, glob, strlen(glob))) {
        return false;
    }
    while (*ids != '\0') {
        size_t length = strcspn(ids, " ");
        if (copy_lower(id, ids, length) && fnmatch(pattern, id, 0) == 0) {
            return true;
        }
        ids += length + strspn(ids + length, " ");
    }
    return false;
}
