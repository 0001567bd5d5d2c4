/* The bootloader under secure boot. */
#include "test_signing.h"

#include "bootloader.h"
#include "otadata.h"

#define FLASH_BYTES (1u << 20)

static const char csv[] = "otadata, data, ota, 0xd000, 0x2000\n"
                          "factory, app, factory, , 64K\n"
                          "ota_0, app, ota_0, , 64K\n"
                          "ota_1, app, ota_1, , 64K\n";

static struct partition_table table;
static struct device *device;
static struct bootloader_report report;

/* Secure boot with rsa_a and rsa_b in efuse. */
static int set_up(void **state)
{
    (void)state;
    struct error err;
    device = device_create(&(struct device_config){.flash_size = FLASH_BYTES});
    assert_non_null(device);
    assert_true(
        partition_table_from_csv("test", csv, sizeof csv - 1, FLASH_BYTES, 0, &table, &err));
    device_load_partition_table(device, &table);
    device->efuse.secure_boot = true;
    device->efuse.key_digests = 0x3;
    test_key_digest("rsa_a", device->efuse.key_digest[0]);
    test_key_digest("rsa_b", device->efuse.key_digest[1]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    device_destroy(device);
    return 0;
}

static void load(const char *label, const char *keys, uint32_t flaws)
{
    const struct app_image_spec spec = {.size = 8192, .version = label};
    struct signed_file file = signed_image(&spec, keys, flaws);
    const struct partition *slot = partition_table_find_label(&table, label);
    assert_int_equal(flash_erase(device->flash, slot->offset, slot->size), ESP_OK);
    flash_load(device->flash, slot->offset, file.bytes, (uint32_t)file.length);
    free(file.bytes);
}

static void select_slot_0(void)
{
    struct otadata_entry entry = {.seq = 1, .state = OTADATA_VALID, .crc = otadata_crc(1)};
    memset(entry.label, 0xFF, sizeof entry.label);
    flash_load(device->flash, 0xd000, &entry, sizeof entry);
}

static const char *boot(void)
{
    const struct bootloader_config config = {.scheme = SIGNATURE_RSA_3072};
    return bootloader_run(device, &config, &report) ? report.app.label : "nothing";
}

static void only_signed_apps_boot(void **state)
{
    (void)state;
    load("factory", "", 0);
    assert_string_equal(boot(), "nothing");
    load("factory", "rsa_a", 0);
    assert_string_equal(boot(), "factory");
    load("factory", "rsa_c", 0);
    assert_string_equal(boot(), "nothing");
}

static void unsigned_apps_boot_without_secure_boot(void **state)
{
    (void)state;
    device->efuse.secure_boot = false;
    load("factory", "", 0);
    assert_string_equal(boot(), "factory");
}

static void a_bootloader_of_no_scheme_takes_rsa(void **state)
{
    (void)state;
    const struct bootloader_config config = {.scheme = SIGNATURE_NONE};
    load("factory", "rsa_b", 0);
    assert_true(bootloader_run(device, &config, &report));
    load("factory", "", 0);
    assert_false(bootloader_run(device, &config, &report));
}

static void a_badly_signed_app_gives_way_to_the_next(void **state)
{
    (void)state;
    load("factory", "rsa_a", 0);
    load("ota_0", "rsa_b", SIGNATURE_FLAW_SIGNATURE);
    select_slot_0();
    assert_string_equal(boot(), "factory");
    assert_int_equal(device->efuse.revoked_keys, 0);
}

static void an_app_of_a_revoked_key_does_not_boot(void **state)
{
    (void)state;
    load("factory", "rsa_a", 0);
    load("ota_0", "rsa_b", 0);
    select_slot_0();
    assert_string_equal(boot(), "ota_0");
    efuse_revoke_key(&device->efuse, 1);
    assert_string_equal(boot(), "factory");
    efuse_revoke_key(&device->efuse, 0);
    assert_string_equal(boot(), "nothing");
}

static void aggressive_revocation_takes_the_key_of_a_wrong_signature(void **state)
{
    (void)state;
    device->efuse.aggressive_revoke = true;
    load("factory", "rsa_a", 0);
    load("ota_0", "rsa_b", SIGNATURE_FLAW_SIGNATURE);
    select_slot_0();
    assert_string_equal(boot(), "factory");
    assert_int_equal(device->efuse.revoked_keys, 0x2);
    assert_non_null(strstr(report.reason.text, "key 1 is revoked"));
    load("ota_0", "rsa_b", 0); /* too late */
    assert_string_equal(boot(), "factory");
}

static void aggressive_revocation_spares_blocks_that_are_not_signatures(void **state)
{
    (void)state;
    static const uint32_t flaws[] = {SIGNATURE_FLAW_CRC, SIGNATURE_FLAW_DIGEST,
                                     SIGNATURE_FLAW_BIT_FLIP, SIGNATURE_FLAW_VERSION,
                                     SIGNATURE_FLAW_MAGIC};
    device->efuse.aggressive_revoke = true;
    load("factory", "rsa_a", 0);
    select_slot_0();
    for (size_t i = 0; i < sizeof flaws / sizeof flaws[0]; i++) {
        load("ota_0", "rsa_b", flaws[i]);
        assert_string_equal(boot(), "factory");
        assert_int_equal(device->efuse.revoked_keys, 0);
    }
}

/* The memo must not hide a revocation, nor outlive one. */
static void remembered_verdicts_revoke_too(void **state)
{
    (void)state;
    device->image_memo = image_memo_create();
    load("factory", "rsa_a", 0);
    load("ota_0", "rsa_b", SIGNATURE_FLAW_SIGNATURE);
    select_slot_0();
    assert_string_equal(boot(), "factory");
    assert_int_equal(device->efuse.revoked_keys, 0);
    device->efuse.aggressive_revoke = true;
    assert_string_equal(boot(), "factory");
    assert_int_equal(device->efuse.revoked_keys, 0x2);
    efuse_revoke_key(&device->efuse, 0);
    assert_string_equal(boot(), "nothing");
    image_memo_destroy(device->image_memo);
}

static void waking_up_is_no_way_around_the_signature(void **state)
{
    (void)state;
    const struct bootloader_config config = {.scheme = SIGNATURE_RSA_3072,
                                             .skip_validate_in_deep_sleep = true};
    load("factory", "rsa_a", 0);
    assert_true(bootloader_run(device, &config, &report));
    load("factory", "rsa_a", SIGNATURE_FLAW_SIGNATURE);
    device->reset_reason = DEVICE_RESET_DEEPSLEEP;
    assert_false(bootloader_run(device, &config, &report));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_signed_apps_boot),
        TEST(unsigned_apps_boot_without_secure_boot),
        TEST(a_bootloader_of_no_scheme_takes_rsa),
        TEST(a_badly_signed_app_gives_way_to_the_next),
        TEST(an_app_of_a_revoked_key_does_not_boot),
        TEST(aggressive_revocation_takes_the_key_of_a_wrong_signature),
        TEST(aggressive_revocation_spares_blocks_that_are_not_signatures),
        TEST(remembered_verdicts_revoke_too),
        TEST(waking_up_is_no_way_around_the_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
