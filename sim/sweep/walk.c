#include "walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Plain HTTP for most walks: a handshake takes longer than all the rest. */
#define PLAIN_URL "http://localhost:8070/fw.bin"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(array)   ((array)[value % LENGTH(array)])

#define APP(where, number)                                                                         \
    {                                                                                              \
        .label = (where), .image = {.version = (number) }                                          \
    }

static const struct scenario_device layouts[] = {
    {.apps = {APP(FACTORY, "1.0.0")}},
    {.apps = {APP(FACTORY, "1.0.0"), APP(OTA_0, "1.5.0")}, .otadata = {ENTRY(1, OTADATA_VALID)}},
    {.apps = {APP(FACTORY, "1.0.0"), APP(OTA_0, "1.4.0"), APP(OTA_1, "1.5.0")},
     .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
    {.partitions = "nofactory",
     .apps = {APP(OTA_0, "1.5.0")},
     .otadata = {ENTRY(1, OTADATA_VALID)}},
    {.partitions = "three",
     .apps = {APP(OTA_0, "1.4.0"), APP(OTA_1, "1.5.0")},
     .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
    {.flash_encryption = true,
     .apps = {APP(FACTORY, "1.0.0"), APP(OTA_0, "1.4.0"), APP(OTA_1, "1.5.0")},
     .otadata = {ENTRY(1, OTADATA_VALID), ENTRY(2, OTADATA_VALID)}},
};

static void lay_out(struct scenario *row, uint32_t value)
{
    row->device = PICK(layouts);
}

static void roll_back(struct scenario *row, uint32_t value)
{
    (void)value;
    row->firmware = "updater-rollback-allow_http";
}

/* Without rollback and with it. */
#define BEHAVIOUR(name)                                                                            \
    {                                                                                              \
        "behaviours:" name, "behaviours-rollback:" name                                            \
    }
static const char *const behaviours[][2] = {
    BEHAVIOUR("app_main"),
    BEHAVIOUR("confirms"),
    BEHAVIOUR("crashes"),
    BEHAVIOUR("aborts"),
    BEHAVIOUR("crashes_after_confirming"),
    BEHAVIOUR("fails_a_check"),
    BEHAVIOUR("restarts"),
    BEHAVIOUR("restarts_in_order"),
    BEHAVIOUR("rejects_itself"),
    BEHAVIOUR("sleeps_before_confirming"),
};

static void behave(struct scenario *row, uint32_t value)
{
    bool rollback = strcmp(row->firmware, "updater-rollback-allow_http") == 0;
    row->firmware_of[0] = (struct scenario_behaviour){"2.0.0", PICK(behaviours)[rollback]};
}

/* Whatever boots besides updates again. It confirms itself first, where there is something to
 * confirm: without an entry in otadata that fails, and updater.c checks. */
static void try_again(struct scenario *row, uint32_t value)
{
    (void)value;
    row->firmware_of[row->firmware_of[0].version != NULL] =
        (struct scenario_behaviour){ANY_VERSION, row->firmware};
    row->update.confirm =
        strstr(row->firmware, "rollback") != NULL && row->device.otadata[0].present;
}

static void call(struct scenario *row, uint32_t value)
{
    static const enum update_api apis[] = {UPDATE_STEPS, UPDATE_NATIVE};
    row->update.api = PICK(apis);
}

static void use_tls(struct scenario *row, uint32_t value)
{
    (void)value;
    row->update.url = NULL;
}

static void restart(struct scenario *row, uint32_t value)
{
    (void)value;
    row->update.restart = true;
}

static void describe(struct scenario *row, uint32_t value)
{
    (void)value;
    row->update.get_img_desc = true;
}

static void erase_in_bulk(struct scenario *row, uint32_t value)
{
    (void)value;
    row->update.bulk_flash_erase = true;
}

static void write_in(struct scenario *row, uint32_t value)
{
    static const uint32_t sizes[] = {16, 100, 1024, 4095, 8192};
    row->update.write_size = PICK(sizes);
}

static void size_image(struct scenario *row, uint32_t value)
{
    row->image.size = 1024 + value % 15360 / 16 * 16;
}

static void target_chip(struct scenario *row, uint32_t value)
{
    static const char *const chips[] = {"esp32", "esp32c3", "esp32s2"};
    row->image_chip = PICK(chips);
}

static void answer(struct scenario *row, uint32_t value)
{
    static const int statuses[] = {201, 204, 206, 400, 401, 403, 404, 416, 500, 503};
    row->server[0].status = PICK(statuses);
}

static void say(struct scenario *row, uint32_t value)
{
    static const char *const bodies[] = {TEXT("sorry"), TEXT("<html>portal</html>"), "none",
                                         "random:600", "random:9000"};
    row->server[0].body = PICK(bodies);
}

static void count_wrongly(struct scenario *row, uint32_t value)
{
    static const char *const lengths[] = {"omit", "0", "100", "20000", "-1", "x"};
    row->server[0].content_length = PICK(lengths);
    row->server[0].close = true;
}

static void chunk(struct scenario *row, uint32_t value)
{
    row->server[0].chunked = 64 + value % 5000;
}

static void cut_body(struct scenario *row, uint32_t value)
{
    row->server[0].cut_after = 1 + (int)(value % 9000);
}

static void reset_connection(struct scenario *row, uint32_t value)
{
    (void)value;
    row->server[0].reset = row->server[0].cut_after != 0;
}

static void close_after(struct scenario *row, uint32_t value)
{
    (void)value;
    row->server[0].close = true;
}

static void split_header(struct scenario *row, uint32_t value)
{
    row->server[0].header_pieces = 1 + value % 60;
}

static void split_body(struct scenario *row, uint32_t value)
{
    row->server[0].split_at[0] = 1 + value % 2000;
}

static void announce(struct scenario *row, uint32_t value)
{
    static const int interims[] = {100, 102, 103};
    row->server[0].interim = PICK(interims);
}

/* The list moves on by one, in front of it the redirect. */
static void redirect(struct scenario *row, uint32_t value)
{
    static const int statuses[] = {301, 302, 307, 308};
    row->server[2] = row->server[1];
    row->server[1] = row->server[0];
    row->server[0] = (struct scenario_response)REDIRECT(PICK(statuses), "/moved.bin");
}

static void fail_flash(struct scenario *row, uint32_t value)
{
    row->device.flash_fails_at = 1 + value % 90;
}

static void starve(struct scenario *row, uint32_t value)
{
    row->device.heap_size = 8192 + value % 65536;
}

static void cut_at_operation(struct scenario *row, uint32_t value)
{
    static const enum flash_cut_mode modes[] = {FLASH_CUT_BEFORE, FLASH_CUT_TORN};
    row->power.at_operation = 1 + (value >> 1) % 90;
    row->power.mode = PICK(modes);
}

static void cut_at_received(struct scenario *row, uint32_t value)
{
    if (row->power.at_operation == 0) {
        row->power.after_received = 1 + value % 16000;
    }
}

static void boot_often(struct scenario *row, uint32_t value)
{
    row->expect.more_boots = 1 + value % 3;
}

/* In the order in which they are applied: what looks at another word comes after it. */
static const struct {
    const char *name;
    unsigned percent; /* of all walks */
    void (*apply)(struct scenario *row, uint32_t value);
} kinds[] = {
    {"layout", 70, lay_out},
    {"rollback", 50, roll_back},
    {"behaviour", 70, behave},
    {"again", 30, try_again},
    {"api", 60, call},
    {"tls", 1, use_tls},
    {"restart", 60, restart},
    {"describe", 20, describe},
    {"bulk-erase", 10, erase_in_bulk},
    {"write-size", 10, write_in},
    {"image-size", 50, size_image},
    {"chip", 3, target_chip},
    {"status", 8, answer},
    {"body", 8, say},
    {"length", 8, count_wrongly},
    {"chunked", 15, chunk},
    {"cut", 15, cut_body},
    {"reset", 30, reset_connection},
    {"close", 10, close_after},
    {"header-pieces", 5, split_header},
    {"split", 8, split_body},
    {"interim", 3, announce},
    {"redirect", 8, redirect},
    {"flash-error", 10, fail_flash},
    {"heap", 8, starve},
    {"power-operation", 25, cut_at_operation},
    {"power-received", 15, cut_at_received},
    {"boots", 70, boot_often},
};
_Static_assert(LENGTH(kinds) <= WALK_MAX_WORDS, "a walk has room for a word of each kind");

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void walk_draw(uint64_t seed, uint64_t number, struct walk *walk)
{
    uint64_t state = seed;
    state = next(&state) ^ number * 0xD1342543DE82EF95u;
    memset(walk, 0, sizeof *walk);
    for (unsigned kind = 0; kind < LENGTH(kinds); kind++) {
        uint64_t chance = next(&state), value = next(&state);
        if (chance % 100 < kinds[kind].percent) {
            walk->words[walk->count++] = (struct walk_word){kind, (uint32_t)(value >> 33)};
        }
    }
}

void walk_scenario(const struct walk *walk, const char *name, struct scenario *out)
{
    *out = (struct scenario){
        .name = name,
        .about = "a random walk",
        .device = layouts[0],
        .image = {.size = 8192},
        .server = {IMAGE(), IMAGE()},
        .firmware = "updater-allow_http",
        .update = {.url = PLAIN_URL},
        .expect = {.any_events = true},
    };
    for (size_t i = 0; i < walk->count; i++) {
        kinds[walk->words[i].kind].apply(out, walk->words[i].value);
    }
}

char *walk_text(const struct walk *walk)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < walk->count; i++) {
        fprintf(out, "%s%s=%" PRIu32, i > 0 ? " " : "", kinds[walk->words[i].kind].name,
                walk->words[i].value);
    }
    return fclose(out) == 0 ? text : NULL;
}
