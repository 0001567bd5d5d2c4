/* Cuts along updates that are made by hand: right ones, and ones that an engineer would not dare to
 * put on a board. */
#include "test_bootloader_setup.h"

#include "power_explore.h"

#define MAX_OPS 256

static struct power_flow flow;
static struct journal_op ops[MAX_OPS];
static uint8_t new_image[8192];
static const struct sweep_options usual = {.seed = 1};

static unsigned found[SWEEP_CLASSES];
static unsigned in_windows, states;
static struct power_point first_brick;

static void note_finding(const struct power_point *point, enum sweep_class class,
                         const char *window, const char *text, void *context)
{
    (void)text, (void)context;
    if (window != NULL) {
        in_windows++;
        return;
    }
    if (class == SWEEP_BRICK && found[class] == 0) {
        first_brick = *point;
    }
    found[class]++;
}

static void note_state(const struct power_state *state, void *context)
{
    (void)state, (void)context;
    states++;
}

static void begin(const struct setup *setup, const char *running)
{
    memset(&flow, 0, sizeof flow);
    flow.device = make_device(setup);
    flow.table = table;
    flow.bootloader = setup->config;
    flow.journal.ops = ops;
    const struct partition *slot = partition_table_find_label(&table, running);
    struct app_image_bytes bytes = {
        .data = flash_view(flow.device->flash, slot->offset, slot->size), .size = slot->size};
    struct app_image_source source = app_image_from_bytes(&bytes);
    const struct app_image_rules rules = {.kind = APP_IMAGE_APP};
    struct app_image_info info;
    assert_int_equal(app_image_verify(&source, &rules, &info, NULL), ESP_OK);
    memcpy(flow.boots[0].digest, info.digest, sizeof info.digest);
    strcpy(flow.boots[0].version, info.descriptor.version);
    flow.boot_count = 1;

    uint8_t *image;
    size_t length;
    const struct app_image_spec spec = {.size = sizeof new_image, .version = "9.0"};
    assert_true(app_image_build(&spec, &image, &length, NULL));
    assert_int_equal(length, sizeof new_image);
    memcpy(new_image, image, length);
    free(image);
    bytes = (struct app_image_bytes){.data = new_image, .size = sizeof new_image};
    assert_int_equal(app_image_verify(&source, &rules, &info, NULL), ESP_OK);
    memcpy(flow.update.digest, info.digest, sizeof info.digest);
    strcpy(flow.update.version, "9.0");
}

static void erase(uint32_t address)
{
    assert_true(flow.journal.count < MAX_OPS);
    ops[flow.journal.count++] = (struct journal_op){.kind = FLASH_ERASE,
                                                    .address = address,
                                                    .length = FLASH_SECTOR_SIZE,
                                                    .efuse = flow.device->efuse};
}

static void program(uint32_t address, const void *data, uint32_t length)
{
    for (uint32_t done = 0; done < length; done += FLASH_PAGE_SIZE) {
        assert_true(flow.journal.count < MAX_OPS);
        uint32_t part = length - done < FLASH_PAGE_SIZE ? length - done : FLASH_PAGE_SIZE;
        ops[flow.journal.count++] = (struct journal_op){.kind = FLASH_PROGRAM,
                                                        .address = address + done,
                                                        .length = part,
                                                        .data = (const uint8_t *)data + done,
                                                        .efuse = flow.device->efuse};
    }
}

static void install(const char *label)
{
    uint32_t offset = partition_table_find_label(&table, label)->offset;
    for (uint32_t at = 0; at < sizeof new_image; at += FLASH_SECTOR_SIZE) {
        erase(offset + at);
        program(offset + at, new_image + at, FLASH_SECTOR_SIZE);
    }
}

static void select_entry(int index, uint32_t seq, uint32_t state)
{
    static struct otadata_entry entries[4];
    static size_t used;
    struct otadata_entry *entry = &entries[used++ % 4];
    uint32_t offset = partition_table_find_label(&table, "otadata")->offset;
    *entry = (struct otadata_entry){.seq = seq, .state = state, .crc = otadata_crc(seq)};
    memset(entry->label, 0xFF, sizeof entry->label);
    erase(offset + (uint32_t)index * FLASH_SECTOR_SIZE);
    program(offset + (uint32_t)index * FLASH_SECTOR_SIZE, entry, sizeof *entry);
}

static unsigned explore_with(const struct sweep_options *options)
{
    const struct power_listener listener = {.finding = note_finding, .state = note_state};
    memset(found, 0, sizeof found);
    in_windows = states = 0;
    struct power_explorer *explorer = power_explorer_create(&flow, options, &listener);
    assert_non_null(explorer);
    uint64_t explored = power_explore(explorer, 0, flow.journal.count);
    assert_true(explored >= flow.journal.count * TEAR_COUNT);
    power_explorer_destroy(explorer);
    unsigned findings = 0;
    for (size_t i = 0; i < SWEEP_CLASSES; i++) {
        findings += found[i];
    }
    return findings;
}

static unsigned explore(void)
{
    unsigned findings = explore_with(&usual);
    device_destroy(flow.device);
    return findings;
}

static const struct setup two_slots = {
    .table = NOFACTORY,
    .apps = {{.label = "ota_0"}, {.label = "ota_1"}},
    .otadata = {{.seq = 1, .state = OTADATA_UNDEFINED}},
};

static void a_good_update_survives_everything(void **state)
{
    (void)state;
    begin(&two_slots, "ota_0");
    install("ota_1");
    select_entry(1, 2, OTADATA_UNDEFINED);
    assert_int_equal(explore(), 0);
    assert_int_equal(in_windows, 0);
}

static void overwriting_the_running_app_bricks(void **state)
{
    (void)state;
    const struct setup one_app = {
        .table = NOFACTORY, .apps = {{.label = "ota_0"}}, .otadata = {{.seq = 1}}};
    begin(&one_app, "ota_0");
    install("ota_0");
    assert_true(explore() > 0);
    assert_true(found[SWEEP_BRICK] > 0);
    assert_int_equal(first_brick.cut[0].op, 0);
    assert_int_equal(first_brick.cut[0].tear, TEAR_HALF);
}

/* The entry that counts is destroyed before there is another: a window, by its name. */
static void an_entry_rewritten_in_place_is_a_known_window(void **state)
{
    (void)state;
    const struct setup setup = {
        .table = STD,
        .apps = {{.label = "factory"}, {.label = "ota_0"}},
        .otadata = {{.seq = 1, .state = OTADATA_PENDING_VERIFY}},
    };
    begin(&setup, "ota_0");
    select_entry(0, 1, OTADATA_VALID);
    assert_int_equal(explore(), 0);
    assert_true(in_windows > 0);
}

static void losing_the_entry_without_a_need_is_a_finding(void **state)
{
    (void)state;
    begin(&two_slots, "ota_0");
    /* Both sectors at once: the active one for no reason, then the right one. */
    erase(partition_table_find_label(&table, "otadata")->offset);
    select_entry(1, 2, OTADATA_UNDEFINED); /* ota_1 holds another app than the update */
    assert_true(explore() > 0);
    assert_true(found[SWEEP_WRONG_IMAGE] + found[SWEEP_LOST_UPDATE] + found[SWEEP_DOWNGRADE] > 0);
}

static void a_trial_ends_with_the_second_reset(void **state)
{
    (void)state;
    const struct setup setup = {
        .table = STD,
        .apps = {{.label = "factory"}, {.label = "ota_0"}},
        .config = {.rollback = true},
    };
    begin(&setup, "factory");
    install("ota_0");
    select_entry(0, 1, OTADATA_NEW);
    assert_int_equal(explore(), 0);
    assert_true(states > flow.journal.count * TEAR_COUNT); /* cuts in the bootloader too */
}

static void the_memo_changes_nothing(void **state)
{
    (void)state;
    begin(&two_slots, "ota_1"); /* which is not what otadata says: findings enough */
    install("ota_0");
    select_entry(1, 2, OTADATA_UNDEFINED);
    unsigned with_memo = explore_with(&usual), windows = in_windows, seen = states;
    assert_true(with_memo > 0);
    const struct sweep_options anew = {.seed = 1, .no_memo = true};
    assert_int_equal(explore_with(&anew), with_memo);
    assert_int_equal(in_windows, windows);
    assert_int_equal(states, seen);
    device_destroy(flow.device);
}

static void a_point_is_reached_again(void **state)
{
    (void)state;
    const struct setup one_app = {
        .table = NOFACTORY, .apps = {{.label = "ota_0"}}, .otadata = {{.seq = 1}}};
    const struct power_listener listener = {.finding = note_finding, .state = note_state};
    begin(&one_app, "ota_0");
    install("ota_0");
    struct power_explorer *explorer = power_explorer_create(&flow, &usual, &listener);
    const struct power_point brick = {.depth = 1, .cut = {{.op = 0, .tear = TEAR_HALF}}};
    const struct power_point harmless = {.depth = 1, .cut = {{.op = 0, .tear = TEAR_BEFORE}}};
    const struct power_point nowhere = {.depth = 1, .cut = {{.op = 9999}}};
    memset(found, 0, sizeof found);
    assert_true(power_explore_point(explorer, &harmless));
    assert_int_equal(found[SWEEP_BRICK], 0);
    assert_true(power_explore_point(explorer, &brick));
    assert_int_equal(found[SWEEP_BRICK], 1);
    assert_false(power_explore_point(explorer, &nowhere));
    power_explorer_destroy(explorer);
    device_destroy(flow.device);
}

static void points_are_written_and_read(void **state)
{
    (void)state;
    static const char *const good[] = {"0/before", "812/half", "18446744073709551615/after",
                                       "5/other-half,1/bits", "7/end,0/after"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct power_point point;
        struct error err = {""};
        char text[64];
        assert_true(power_point_parse(good[i], &point, &err));
        power_point_text(&point, text);
        assert_string_equal(text, good[i]);
    }
    static const char *const bad[] = {"",        "x",
                                      "1",       "1/",
                                      "1/hal",   "1/half,",
                                      "-1/half", "1/half,2/bits,3/end",
                                      "/half",   "1/half 2/bits"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct power_point point;
        struct error err = {""};
        assert_false(power_point_parse(bad[i], &point, &err));
        assert_non_null(strstr(err.text, "is no cut point"));
    }
}

static void a_tear_leaves_a_part(void **state)
{
    (void)state;
    uint8_t data[256];
    memset(data, 0, sizeof data);
    const struct journal_op program_op = {
        .kind = FLASH_PROGRAM, .address = 0, .length = sizeof data, .data = data};
    static const unsigned zeros[TEAR_COUNT] = {
        [TEAR_HALF] = 128, [TEAR_OTHER_HALF] = 128, [TEAR_END] = 240, [TEAR_AFTER] = 256};
    for (int tear = 0; tear < TEAR_COUNT; tear++) {
        struct flash *flash = flash_create(FLASH_SECTOR_SIZE);
        tear_apply(flash, &program_op, (enum tear)tear, 7);
        const uint8_t *bytes = flash_view(flash, 0, sizeof data);
        unsigned cleared = 0, bits = 0;
        for (size_t i = 0; i < sizeof data; i++) {
            cleared += bytes[i] == 0;
            bits += (unsigned)__builtin_popcount(bytes[i]);
        }
        if (tear == TEAR_BITS) {
            assert_in_range(bits, 800, 1250); /* about half of 2048 */
        } else {
            assert_int_equal(cleared, zeros[tear]);
        }
        flash_destroy(flash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_update_survives_everything),
        cmocka_unit_test(overwriting_the_running_app_bricks),
        cmocka_unit_test(an_entry_rewritten_in_place_is_a_known_window),
        cmocka_unit_test(losing_the_entry_without_a_need_is_a_finding),
        cmocka_unit_test(a_trial_ends_with_the_second_reset),
        cmocka_unit_test(the_memo_changes_nothing),
        cmocka_unit_test(a_point_is_reached_again),
        cmocka_unit_test(points_are_written_and_read),
        cmocka_unit_test(a_tear_leaves_a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
