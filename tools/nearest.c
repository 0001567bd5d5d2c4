#include "nearest.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST = 128 };

/* Levenshtein distance; names beyond LONGEST characters are far from everything. */
static size_t edits(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t row[LONGEST + 1];
    if (rows > LONGEST || columns > LONGEST) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= columns; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < least ? change : least;
        }
    }
    return row[columns];
}

const char *nearest_name(const char *wanted, const char *(*name_at)(size_t index, void *context),
                         void *context)
{
    const char *best = NULL;
    size_t fewest = strlen(wanted) / 2 + 2;
    const char *name;
    for (size_t i = 0; (name = name_at(i, context)) != NULL; i++) {
        size_t count = edits(wanted, name);
        /* "reset" is meant for "truncation/reset-half-way" however long the rest is. */
        if (strlen(wanted) >= 4 && strstr(name, wanted) != NULL) {
            count = 1;
        }
        if (count < fewest) {
            fewest = count;
            best = name;
        }
    }
    return best;
}
