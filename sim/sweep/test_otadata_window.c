/* Writes to otadata by hand: which of them are the known window, and what it excuses. */
#include "test_bootloader_setup.h"

#include "otadata_window.h"

static struct journal_op ops[8];
static size_t count;
static struct otadata_entry entries[4];
static struct device *device;

static void begin(const struct setup *setup)
{
    device = make_device(setup);
    count = 0;
}

static uint32_t otadata_address(int entry)
{
    return partition_table_find_label(&table, "otadata")->offset +
           (uint32_t)entry * FLASH_SECTOR_SIZE;
}

static void erase(uint32_t address)
{
    ops[count++] =
        (struct journal_op){.kind = FLASH_ERASE, .address = address, .length = FLASH_SECTOR_SIZE};
}

static void write_entry(int index, uint32_t seq, uint32_t state)
{
    struct otadata_entry *entry = &entries[count % 4];
    *entry = (struct otadata_entry){.seq = seq, .state = state, .crc = otadata_crc(seq)};
    memset(entry->label, 0xFF, sizeof entry->label);
    ops[count++] = (struct journal_op){.kind = FLASH_PROGRAM,
                                       .address = otadata_address(index),
                                       .length = sizeof *entry,
                                       .data = (const uint8_t *)entry};
}

static void apply(const struct journal_op *op)
{
    if (op->kind == FLASH_ERASE) {
        flash_erase(device->flash, op->address, op->length);
    } else {
        flash_program(device->flash, op->address, op->data, op->length);
    }
}

/* A letter an operation: 'w' inside the window, '.' outside. */
static void assert_windows(const char *expected)
{
    struct otadata_window window = {.open = false};
    char actual[9] = "";
    for (size_t i = 0; i < count; i++) {
        bool inside = otadata_window_follow(&window, &table, device->flash, ops, count, i);
        actual[i] = inside ? 'w' : '.';
        apply(&ops[i]);
    }
    assert_string_equal(actual, expected);
    device_destroy(device);
}

static const struct setup both = {
    .table = NOFACTORY,
    .apps = {{.label = "ota_0"}, {.label = "ota_1"}},
    .otadata = {{.seq = 1, .state = OTADATA_VALID}, {.seq = 2, .state = OTADATA_PENDING_VERIFY}},
};

static void the_same_seq_in_the_same_sector_is_the_window(void **state)
{
    (void)state;
    begin(&both);
    erase(0x10000);
    erase(otadata_address(1));
    erase(0x11000); /* somebody else's, in between */
    write_entry(1, 2, OTADATA_VALID);
    erase(0x12000);
    assert_windows(".www.");
}

static void anything_else_is_not(void **state)
{
    (void)state;
    begin(&both); /* the other entry: an update, as it should be */
    erase(otadata_address(0));
    write_entry(0, 3, OTADATA_NEW);
    assert_windows("..");

    begin(&both); /* the entry that counts, for another seq: an update into the wrong sector */
    erase(otadata_address(1));
    write_entry(1, 3, OTADATA_NEW);
    assert_windows("..");

    begin(&both); /* both */
    erase(otadata_address(1));
    erase(otadata_address(0));
    write_entry(1, 2, OTADATA_VALID);
    assert_windows("...");

    begin(&both); /* gone for good */
    erase(otadata_address(1));
    assert_windows(".");
}

static struct otadata_window open_window(const struct setup *setup)
{
    struct otadata_window window = {.open = false};
    begin(setup);
    erase(otadata_address(1));
    write_entry(1, 2, OTADATA_VALID);
    assert_true(otadata_window_follow(&window, &table, device->flash, ops, count, 0));
    return window;
}

static void it_explains_the_other_entry_only(void **state)
{
    (void)state;
    struct otadata_window window = open_window(&both);
    assert_false(otadata_window_explains(&window, &table, device->flash, 0)); /* not yet damaged */
    apply(&ops[0]);
    assert_true(otadata_window_explains(&window, &table, device->flash, 0));
    assert_false(otadata_window_explains(&window, &table, device->flash, 1));
    assert_false(otadata_window_explains(&window, &table, device->flash, BOOTLOADER_INDEX_FACTORY));
    apply(&ops[1]);
    assert_false(otadata_window_explains(&window, &table, device->flash, 0)); /* whole again */
    device_destroy(device);
}

static void without_another_entry_it_explains_the_default(void **state)
{
    (void)state;
    struct setup alone = both;
    alone.otadata[0].seq = 0;
    alone.otadata[0].state = OTADATA_ABORTED;
    struct otadata_window window = open_window(&alone);
    apply(&ops[0]);
    assert_true(otadata_window_explains(&window, &table, device->flash, BOOTLOADER_INDEX_FACTORY));
    assert_true(otadata_window_explains(&window, &table, device->flash, 0)); /* no factory app */
    assert_false(otadata_window_explains(&window, &table, device->flash, 1));
    device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seq_in_the_same_sector_is_the_window),
        cmocka_unit_test(anything_else_is_not),
        cmocka_unit_test(it_explains_the_other_entry_only),
        cmocka_unit_test(without_another_entry_it_explains_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
