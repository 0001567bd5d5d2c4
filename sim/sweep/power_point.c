#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "power_explore.h"

void power_point_text(const struct power_point *point, char text[64])
{
    int used = 0;
    for (unsigned i = 0; i < point->depth && used >= 0 && used < 64; i++) {
        used += snprintf(text + used, 64 - (size_t)used, "%s%" PRIu64 "/%s", i > 0 ? "," : "",
                         point->cut[i].op, tear_name(point->cut[i].tear));
    }
}

bool power_point_parse(const char *text, struct power_point *point, struct error *err)
{
    const char *at = text;
    memset(point, 0, sizeof *point);
    while (point->depth < POWER_MAX_DEPTH) {
        char *end;
        unsigned long long op = strtoull(at, &end, 10);
        if (*at < '0' || *at > '9' || *end != '/') {
            break;
        }
        size_t length = strcspn(end + 1, ",");
        enum tear tear = tear_by_name(end + 1, length);
        if (tear == TEAR_COUNT) {
            break;
        }
        point->cut[point->depth].op = op;
        point->cut[point->depth++].tear = tear;
        at = end + 1 + length;
        if (*at == '\0') {
            return true;
        }
        at++;
    }
    return error_set(err,
                     "\"%s\" is no cut point: it is written as 812/half, or 812/before,1/bits with "
                     "a second cut in the boot that follows; half may be before, half, other-half, "
                     "bits, end or after",
                     text);
}
