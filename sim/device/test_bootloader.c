#include "test_bootloader_setup.h"

static struct bootloader_report report;

/* "ota_1! ota_0" is: ota_1 failed, ota_0 was loaded. */
static const char *attempts_text(void)
{
    static char text[256];
    text[0] = '\0';
    for (unsigned i = 0; i < report.attempts; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, report.attempt[i].partition.label);
        strcat(text, report.attempt[i].result != ESP_OK ? "!" : "");
    }
    return text;
}

static const char *otadata_text(struct device *device, int index)
{
    static char text[2][64];
    struct otadata otadata;
    assert_int_equal(otadata_read(device->flash, 0xd000, &otadata), ESP_OK);
    return otadata_entry_text(&otadata.entry[index], text[index]);
}

struct boot_case {
    const char *name;
    struct setup setup;
    int selected;
    const char *attempts;
    const char *boots; /* NULL: nothing */
    const char *otadata[2];
};

#define ALL_APPS                                                                                   \
    {                                                                                              \
        {"factory", 0, false}, {"ota_0", 0, false},                                                \
        {                                                                                          \
            "ota_1", 0, false                                                                      \
        }                                                                                          \
    }
#define ROLLBACK                                                                                   \
    {                                                                                              \
        .rollback = true                                                                           \
    }
#define ANTI                                                                                       \
    {                                                                                              \
        .rollback = true, .anti_rollback = true                                                    \
    }

static const struct boot_case cases[] = {
    {
        .name = "blank otadata boots the factory app",
        .setup = {.table = STD, .apps = ALL_APPS},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "factory",
        .boots = "factory",
        .otadata = {"erased", "erased"},
    },
    {
        .name = "no otadata partition boots the factory app",
        .setup = {.table = FACTORY OTA_0, .apps = {{"factory", 0, false}, {"ota_0", 0, false}}},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "factory",
        .boots = "factory",
    },
    {
        .name = "the higher seq selects its slot",
        .setup = {.table = STD,
                  .apps = ALL_APPS,
                  .otadata = {{1, OTADATA_UNDEFINED, false}, {2, OTADATA_UNDEFINED, false}}},
        .selected = 1,
        .attempts = "ota_1",
        .boots = "ota_1",
        .otadata = {"seq 1 UNDEFINED", "seq 2 UNDEFINED"},
    },
    {
        .name = "without rollback NEW and PENDING_VERIFY stay",
        .setup = {.table = STD,
                  .apps = ALL_APPS,
                  .otadata = {{1, OTADATA_PENDING_VERIFY, false}, {2, OTADATA_NEW, false}}},
        .selected = 1,
        .attempts = "ota_1",
        .boots = "ota_1",
        .otadata = {"seq 1 PENDING_VERIFY", "seq 2 NEW"},
    },
    {
        .name = "a new app becomes PENDING_VERIFY",
        .setup = {.table = STD,
                  .apps = ALL_APPS,
                  .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_NEW, false}},
                  .config = ROLLBACK},
        .selected = 1,
        .attempts = "ota_1",
        .boots = "ota_1",
        .otadata = {"seq 1 VALID", "seq 2 PENDING_VERIFY"},
    },
    {
        .name = "an unconfirmed app is ABORTED and the one before it boots",
        .setup = {.table = STD,
                  .apps = ALL_APPS,
                  .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_PENDING_VERIFY, false}},
                  .config = ROLLBACK},
        .selected = 0,
        .attempts = "ota_0",
        .boots = "ota_0",
        .otadata = {"seq 1 VALID", "seq 2 ABORTED"},
    },
    {
        .name = "PENDING_VERIFY with a bad CRC is ABORTED too, CRC kept",
        .setup = {.table = STD,
                  .apps = ALL_APPS,
                  .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_PENDING_VERIFY, true}},
                  .config = ROLLBACK},
        .selected = 0,
        .attempts = "ota_0",
        .boots = "ota_0",
        .otadata = {"seq 1 VALID", "seq 2 ABORTED, bad CRC"},
    },
    {
        .name = "initial contents are written where there is no factory app",
        .setup = {.table = NOFACTORY, .apps = {{"ota_1", 0, false}}},
        .selected = 0,
        .attempts = "ota_0! ota_1",
        .boots = "ota_1",
        .otadata = {"seq 2 VALID", "erased"},
    },
    {
        .name = "bad CRCs with sequence numbers are no initial contents",
        .setup = {.table = NOFACTORY,
                  .apps = {{"ota_0", 0, false}, {"ota_1", 0, false}},
                  .otadata = {{1, OTADATA_VALID, true}, {2, OTADATA_VALID, true}}},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "ota_0",
        .boots = "ota_0",
        .otadata = {"seq 1 VALID, bad CRC", "seq 2 VALID, bad CRC"},
    },
    {
        .name = "an aborted only app boots again without being recorded",
        .setup = {.table = NOFACTORY,
                  .apps = {{"ota_0", 0, false}},
                  .otadata = {{1, OTADATA_PENDING_VERIFY, false}},
                  .config = ROLLBACK},
        .selected = 0,
        .attempts = "ota_0",
        .boots = "ota_0",
        .otadata = {"seq 1 ABORTED", "erased"},
    },
    {
        .name = "a broken app falls back downwards",
        .setup = {.table = STD,
                  .apps = {{"factory", 0, false}, {"ota_0", 0, false}, {"ota_1", 0, true}},
                  .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_NEW, false}},
                  .config = ROLLBACK},
        .selected = 1,
        .attempts = "ota_1! ota_0",
        .boots = "ota_0",
        .otadata = {"seq 1 VALID", "seq 2 PENDING_VERIFY"},
    },
    {
        .name = "below ota_0 is the factory app, not ota_1",
        .setup = {.table = STD,
                  .apps = {{"factory", 0, false}, {"ota_0", 0, true}, {"ota_1", 0, false}},
                  .otadata = {{1, OTADATA_VALID, false}}},
        .selected = 0,
        .attempts = "ota_0! factory",
        .boots = "factory",
        .otadata = {"seq 1 VALID", "erased"},
    },
    {
        .name = "upwards is tried when all below fail, then the test app",
        .setup = {.table = STD TEST_APP,
                  .apps = {{"factory", 0, true}, {"test", 0, false}},
                  .otadata = {{1, OTADATA_VALID, false}}},
        .selected = 0,
        .attempts = "ota_0! factory! ota_1! test",
        .boots = "test",
        .otadata = {"seq 1 VALID", "erased"},
    },
    {
        .name = "nothing boots",
        .setup = {.table = NOFACTORY, .apps = {{"ota_1", 0, true}}},
        .selected = 0,
        .attempts = "ota_0! ota_1!",
        .otadata = {"erased", "erased"},
    },
    {
        .name = "the seq wraps around the slots that there are",
        .setup = {.table = OTADATA FACTORY OTA_0,
                  .apps = {{"factory", 0, false}, {"ota_0", 0, false}},
                  .otadata = {{2, OTADATA_UNDEFINED, false}}},
        .selected = 0,
        .attempts = "ota_0",
        .boots = "ota_0",
        .otadata = {"seq 2 UNDEFINED", "erased"},
    },
    {
        .name = "otadata without any slot boots the factory app",
        .setup = {.table = OTADATA FACTORY,
                  .apps = {{"factory", 0, false}},
                  .otadata = {{1, OTADATA_VALID, false}}},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "factory",
        .boots = "factory",
        .otadata = {"seq 1 VALID", "erased"},
    },
    {
        .name = "anti-rollback: an app that is too old does not count",
        .setup = {.table = NOFACTORY,
                  .apps = {{"ota_0", 2, false}, {"ota_1", 1, false}},
                  .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_VALID, false}},
                  .secure_version = 2,
                  .config = ANTI},
        .selected = 0,
        .attempts = "ota_0",
        .boots = "ota_0",
        .otadata = {"seq 1 VALID", "seq 2 VALID"},
    },
    {
        .name = "anti-rollback: nothing that is too old is read at all",
        .setup = {.table = NOFACTORY,
                  .apps = {{"ota_0", 1, false}, {"ota_1", 1, false}},
                  .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_VALID, false}},
                  .secure_version = 2,
                  .config = ANTI},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "",
        .otadata = {"seq 1 VALID", "seq 2 VALID"},
    },
    {
        .name = "anti-rollback: initial contents",
        .setup = {.table = NOFACTORY, .apps = {{"ota_1", 1, false}}, .config = ANTI},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "ota_1",
        .boots = "ota_1",
        .otadata = {"seq 2 VALID", "erased"},
    },
    {
        .name = "the factory reset pin erases otadata",
        .setup = {.table = STD,
                  .apps = ALL_APPS,
                  .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_VALID, false}},
                  .config = {.factory_reset_pin_held = true}},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "factory",
        .boots = "factory",
        .otadata = {"erased", "erased"},
    },
    {
        .name = "the test app pin boots the test app",
        .setup = {.table = STD TEST_APP,
                  .apps = {{"factory", 0, false}, {"test", 0, false}},
                  .config = {.test_app_pin_held = true}},
        .selected = BOOTLOADER_INDEX_TEST,
        .attempts = "test",
        .boots = "test",
        .otadata = {"erased", "erased"},
    },
    {
        .name = "a broken test app gives way to the factory app",
        .setup = {.table = STD TEST_APP,
                  .apps = {{"factory", 0, false}, {"test", 0, true}},
                  .config = {.test_app_pin_held = true}},
        .selected = BOOTLOADER_INDEX_TEST,
        .attempts = "test! factory",
        .boots = "factory",
        .otadata = {"erased", "erased"},
    },
    {
        .name = "the test app pin means nothing without a test app",
        .setup = {.table = STD, .apps = ALL_APPS, .config = {.test_app_pin_held = true}},
        .selected = BOOTLOADER_INDEX_FACTORY,
        .attempts = "factory",
        .boots = "factory",
        .otadata = {"erased", "erased"},
    },
};

static void assert_text(const char *name, const char *what, const char *is, const char *should)
{
    if (strcmp(is, should) != 0) {
        fail_msg("%s: %s is \"%s\", not \"%s\"", name, what, is, should);
    }
}

static void bootloader_chooses_as_the_device_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct boot_case *row = &cases[i];
        struct device *device = make_device(&row->setup);
        bool booted = bootloader_run(device, &row->setup.config, &report);
        assert_text(row->name, "attempts", attempts_text(), row->attempts);
        assert_text(row->name, "booted", booted ? report.app.label : "nothing",
                    row->boots != NULL ? row->boots : "nothing");
        if (report.selected_index != row->selected) {
            fail_msg("%s: selected %d, not %d", row->name, report.selected_index, row->selected);
        }
        for (int k = 0; k < 2 && row->otadata[k] != NULL; k++) {
            assert_text(row->name, "otadata", otadata_text(device, k), row->otadata[k]);
        }
        assert_int_equal(strncmp(report.reason.text, "brick: ", 7) == 0, !booted);
        if (booted) {
            assert_string_equal(report.image.descriptor.version, row->boots);
        }
        assert_int_equal(flash_counters(device->flash).nor_violations, 0);
        device_destroy(device);
    }
}

static void failed_attempts_say_why(void **state)
{
    (void)state;
    const struct setup setup = {
        .table = STD,
        .apps = {{"factory", 0, false}, {"ota_0", 0, true}},
        .otadata = {{2, OTADATA_VALID, false}},
    };
    struct device *device = make_device(&setup);
    assert_true(bootloader_run(device, &setup.config, &report));
    assert_int_equal(report.attempts, 3);
    assert_int_equal(report.attempt[0].result, ESP_ERR_IMAGE_INVALID);
    assert_non_null(strstr(report.attempt[0].error.text, "magic 0xff"));
    assert_non_null(strstr(report.attempt[1].error.text, "checksum"));
    assert_string_equal(report.attempt[2].error.text, "");
    assert_non_null(strstr(report.reason.text, "otadata entry 0 (seq 2 VALID) selects ota_1"));
    device_destroy(device);
}

static void broken_partition_table_is_a_brick(void **state)
{
    (void)state;
    const struct setup setup = {.table = STD, .apps = ALL_APPS};
    struct device *device = make_device(&setup);
    flash_load(device->flash, PARTITION_TABLE_OFFSET + 12, "X", 1);
    assert_false(bootloader_run(device, &setup.config, &report));
    assert_int_equal(strncmp(report.reason.text, "brick: no partition table", 25), 0);
    assert_int_equal(report.attempts, 0);
    device_destroy(device);
}

static void confirmed_app_raises_the_secure_version(void **state)
{
    (void)state;
    const struct setup setup = {
        .table = NOFACTORY,
        .apps = {{"ota_0", 1, false}, {"ota_1", 3, false}},
        .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_NEW, false}},
        .secure_version = 1,
        .config = ANTI,
    };
    struct device *device = make_device(&setup);
    assert_true(bootloader_run(device, &setup.config, &report));
    assert_string_equal(report.app.label, "ota_1");
    assert_int_equal(efuse_secure_version(&device->efuse), 1); /* not while unconfirmed */

    struct otadata otadata;
    assert_int_equal(otadata_read(device->flash, 0xd000, &otadata), ESP_OK);
    otadata.entry[1].state = OTADATA_VALID;
    assert_int_equal(otadata_write(device->flash, 0xd000, 1, &otadata.entry[1], true), ESP_OK);
    assert_true(bootloader_run(device, &setup.config, &report));
    assert_int_equal(efuse_secure_version(&device->efuse), 3);
    device_destroy(device);
}

static jmp_buf power_was_lost;

static void lose_power(void *context)
{
    (void)context;
    longjmp(power_was_lost, 1);
}

/* Recordings F3b-rollback-confirmed-nofactory/op10 and op11: rewriting an entry in place erases the
 * only sector that holds it. */
static void cut_between_erase_and_rewrite_loses_the_update(void **state)
{
    (void)state;
    static const struct {
        uint64_t at;
        enum flash_cut_mode mode;
        const char *boots, *entry;
    } cuts[] = {
        {0, FLASH_CUT_BEFORE, "ota_1", "seq 2 PENDING_VERIFY"},
        {0, FLASH_CUT_TORN, "ota_0", "erased"},
        {0, FLASH_CUT_AFTER, "ota_0", "erased"},
        {1, FLASH_CUT_BEFORE, "ota_0", "erased"},
        {1, FLASH_CUT_TORN, "ota_0", "seq 2 UNDEFINED, bad CRC"},
        {1, FLASH_CUT_AFTER, "ota_0", "seq 2 ABORTED"},
    };
    const struct setup setup = {
        .table = NOFACTORY,
        .apps = {{"ota_0", 0, false}, {"ota_1", 0, false}},
        .otadata = {{1, OTADATA_VALID, false}, {2, OTADATA_NEW, false}},
        .config = ROLLBACK,
    };
    for (volatile size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        static struct device *device;
        device = make_device(&setup);
        flash_arm_power_cut(device->flash, cuts[i].at, cuts[i].mode, lose_power, NULL);
        if (setjmp(power_was_lost) == 0) {
            (void)bootloader_run(device, &setup.config, &report);
            fail_msg("power was not lost");
        }
        flash_arm_power_cut(device->flash, 0, FLASH_CUT_NONE, NULL, NULL);
        assert_true(bootloader_run(device, &setup.config, &report));
        assert_string_equal(report.app.label, cuts[i].boots);
        assert_string_equal(otadata_text(device, 1), cuts[i].entry);
        device_destroy(device);
    }
}

static void waking_up_boots_the_app_that_ran_unverified(void **state)
{
    (void)state;
    struct setup setup = {
        .table = STD,
        .apps = ALL_APPS,
        .otadata = {{2, OTADATA_VALID, false}},
        .config = {.skip_validate_in_deep_sleep = true},
    };
    struct device *device = make_device(&setup);
    assert_true(bootloader_run(device, &setup.config, &report));
    assert_string_equal(report.app.label, "ota_1");
    uint64_t verified_us = device->now_us;

    uint32_t code = report.app.offset + report.image.segments[2].offset;
    flash_load(device->flash, code, "bit rot", 7);
    device->reset_reason = DEVICE_RESET_DEEPSLEEP;
    assert_true(bootloader_run(device, &setup.config, &report));
    assert_string_equal(report.app.label, "ota_1");
    assert_int_equal(report.selected_index, 1);
    assert_true(device->now_us - verified_us < verified_us);

    device->reset_reason = DEVICE_RESET_SW;
    assert_true(bootloader_run(device, &setup.config, &report));
    assert_string_equal(attempts_text(), "ota_1! ota_0");
    device_destroy(device);
}

static void otadata_of_one_sector_is_a_brick(void **state)
{
    (void)state;
    const struct setup setup = {.table = STD, .apps = ALL_APPS};
    struct device *device = make_device(&setup);
    table.entries[0].size = FLASH_SECTOR_SIZE;
    device_load_partition_table(device, &table);
    assert_false(bootloader_run(device, &setup.config, &report));
    assert_int_equal(report.selected_index, BOOTLOADER_INDEX_INVALID);
    assert_int_equal(strncmp(report.reason.text, "brick: ", 7), 0);
    device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bootloader_chooses_as_the_device_does),
        cmocka_unit_test(failed_attempts_say_why),
        cmocka_unit_test(broken_partition_table_is_a_brick),
        cmocka_unit_test(confirmed_app_raises_the_secure_version),
        cmocka_unit_test(cut_between_erase_and_rewrite_loses_the_update),
        cmocka_unit_test(waking_up_boots_the_app_that_ran_unverified),
        cmocka_unit_test(otadata_of_one_sector_is_a_brick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
