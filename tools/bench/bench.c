/* What the bench measures: the update that everything goes well with, in sizes, and sixteen times
 * the same for the time that one takes. */
#include "scenario.h"

#define UPDATE(what, bytes)                                                                        \
    {                                                                                              \
        .name = "bench/" what, .about = "factory to ota_0", .image = {.size = (bytes)},            \
        .server = {IMAGE()}, .expect = {.result = ESP_OK, .boots = {{OTA_0, "2.0.0"}}},            \
    }
#define FOUR_UPDATES(what, bytes)                                                                  \
    UPDATE(what "-a", bytes), UPDATE(what "-b", bytes), UPDATE(what "-c", bytes),                  \
        UPDATE(what "-d", bytes)
#define SIXTEEN_UPDATES(what, bytes)                                                               \
    FOUR_UPDATES(what "-a", bytes), FOUR_UPDATES(what "-b", bytes),                                \
        FOUR_UPDATES(what "-c", bytes), FOUR_UPDATES(what "-d", bytes)

SCENARIOS(bench) = {
    UPDATE("sweep-262144", 262144),
    UPDATE("sweep-524288", 524288),
    UPDATE("sweep-1048576", 1048576),
    UPDATE("sweep-2097152", 2097152),
    SIXTEEN_UPDATES("fetch-65536", 65536),
    SIXTEEN_UPDATES("fetch-1048576", 1048576),
    END_OF_SCENARIOS,
};
