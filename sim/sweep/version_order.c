#include "version_order.h"

#include <stdbool.h>
#include <stdlib.h>

int version_compare(const char *a, const char *b)
{
    while (*a != '\0' || *b != '\0') {
        bool digits = *a >= '0' && *a <= '9' && *b >= '0' && *b <= '9';
        if (digits) {
            char *after_a, *after_b;
            unsigned long x = strtoul(a, &after_a, 10), y = strtoul(b, &after_b, 10);
            if (x != y) {
                return x < y ? -1 : 1;
            }
            a = after_a;
            b = after_b;
        } else if (*a != *b) {
            return *a < *b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return 0;
}
