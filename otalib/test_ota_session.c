/* An update from begin to end: what is erased, what is verified, what may be open at once. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "esp_flash_err.h"
#include "esp_log.h"
#include "test_native_bench.h"

static struct image image;

static int set_up(void **state)
{
    (void)state;
    bench_open_std("default");
    image = good_image();
    return 0;
}

static int tear_down(void **state)
{
    free(image.bytes);
    return bench_close(state);
}

#define session_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static uint32_t erases_of(const char *label, uint32_t sector)
{
    return flash_sector_erases(bench.device->flash, place(label)->offset + sector * SECTOR);
}

static struct flash_counters counters(void)
{
    return flash_counters(bench.device->flash);
}

/* The slot is full of an older app, as on a device in the field. */
static void fill_slot(const char *label)
{
    uint8_t zeros[SLOT_SIZE] = {0};
    flash_load(bench.device->flash, place(label)->offset, zeros, sizeof zeros);
}

static esp_ota_handle_t begin(const char *label, size_t size)
{
    esp_ota_handle_t handle = 0;
    assert_err(esp_ota_begin(partition_named(label), size, &handle), ESP_OK);
    return handle;
}

static void begin_erases_what_its_size_says(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint32_t sectors;
    } cases[] = {
        {0, 8},          {OTA_SIZE_UNKNOWN, 8}, {OTA_WITH_SEQUENTIAL_WRITES, 0},
        {1, 1},          {SECTOR - 1, 1},       {SECTOR, 1},
        {SECTOR + 1, 2}, {SLOT_SIZE, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        flash_reset_counters(bench.device->flash);
        esp_ota_handle_t handle = begin("ota_0", cases[i].size);
        for (uint32_t sector = 0; sector < SLOT_SIZE / SECTOR; sector++) {
            assert_int_equal(erases_of("ota_0", sector), sector < cases[i].sectors ? 1 : 0);
        }
        assert_int_equal(counters().erases, cases[i].sectors);
        assert_int_equal(counters().programs, 0);
        assert_err(esp_ota_abort(handle), ESP_OK);
    }
}

static void begin_looks_at_its_arguments_in_order(void **state)
{
    (void)state;
    esp_partition_t unknown = *partition_named("ota_0");
    unknown.address += SECTOR;
    const struct {
        const esp_partition_t *partition;
        esp_err_t err;
    } cases[] = {
        {NULL, ESP_ERR_INVALID_ARG},
        {&unknown, ESP_ERR_NOT_FOUND},
        {partition_named("factory"),
         ESP_ERR_INVALID_ARG}, /* runs, but is no slot in the first place */
        {partition_named("test"), ESP_ERR_INVALID_ARG},
        {partition_named("nvs"), ESP_OK},
        {partition_named("ota_1"), ESP_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        esp_ota_handle_t handle;
        assert_err(esp_ota_begin(cases[i].partition, OTA_WITH_SEQUENTIAL_WRITES, &handle),
                   cases[i].err);
        assert_err(esp_ota_resume(cases[i].partition, OTA_WITH_SEQUENTIAL_WRITES, 0, &handle),
                   cases[i].err == ESP_OK ? ESP_ERR_OTA_ALREADY_IN_PROGRESS : cases[i].err);
    }
    assert_err(esp_ota_begin(partition_named("ota_0"), 0, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(counters().erases, 0);
}

static void the_running_slot_is_not_updated(void **state)
{
    (void)state;
    flash_app("ota_0", 0);
    run_app(place("ota_0"));
    esp_ota_handle_t handle;
    assert_err(esp_ota_begin(partition_named("ota_0"), 0, &handle), ESP_ERR_OTA_PARTITION_CONFLICT);
    assert_int_equal(counters().erases, 0);
}

static void one_update_of_a_slot_at_a_time(void **state)
{
    (void)state;
    esp_ota_handle_t first = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES), second;
    assert_err(esp_ota_write(first, image.bytes, 1000), ESP_OK);
    assert_err(esp_ota_begin(partition_named("ota_0"), 0, &second),
               ESP_ERR_OTA_ALREADY_IN_PROGRESS);
    esp_ota_handle_t other = begin("ota_1", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(esp_ota_abort(other), ESP_OK);
    assert_err(esp_ota_write(first, image.bytes + 1000, image.length - 1000), ESP_OK);
    assert_err(esp_ota_end(first), ESP_OK);
    assert_memory_equal(bytes_of("ota_0"), image.bytes, image.length);
}

static void a_final_partition_is_taken_too(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("nvs", OTA_WITH_SEQUENTIAL_WRITES), second;
    assert_err(esp_ota_set_final_partition(handle, partition_named("ota_0"), false), ESP_OK);
    assert_err(esp_ota_begin(partition_named("ota_0"), 0, &second),
               ESP_ERR_OTA_ALREADY_IN_PROGRESS);
}

static void handles_count_up_and_are_never_used_again(void **state)
{
    (void)state;
    for (esp_ota_handle_t expected = 1; expected <= 3; expected++) {
        esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
        assert_int_equal(handle, expected);
        assert_err(esp_ota_abort(handle), ESP_OK);
    }
    run_app(place("factory"));
    assert_int_equal(begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES), 1);
}

static void a_closed_handle_is_refused_without_flash_access(void **state)
{
    (void)state;
    esp_ota_handle_t ended = begin("ota_0", 0);
    assert_err(write_in_chunks(ended, &image, image.length), ESP_OK);
    assert_err(esp_ota_end(ended), ESP_OK);
    esp_ota_handle_t aborted = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(esp_ota_abort(aborted), ESP_OK);
    const esp_ota_handle_t closed[] = {ended, aborted, 0, 99};
    flash_reset_counters(bench.device->flash);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        assert_err(esp_ota_write(closed[i], image.bytes, 16), ESP_ERR_INVALID_ARG);
        assert_err(esp_ota_write_with_offset(closed[i], image.bytes, 16, 0), ESP_ERR_INVALID_ARG);
        assert_err(esp_ota_set_final_partition(closed[i], partition_named("ota_1"), false),
                   ESP_ERR_NOT_FOUND);
        assert_err(esp_ota_end(closed[i]), ESP_ERR_NOT_FOUND);
        assert_err(esp_ota_abort(closed[i]), ESP_ERR_NOT_FOUND);
    }
    assert_int_equal(flash_op_count(bench.device->flash), 0);
}

static void an_end_without_data_closes_the_update(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(esp_ota_write(handle, image.bytes, 0), ESP_OK);
    assert_err(esp_ota_end(handle), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_end(handle), ESP_ERR_NOT_FOUND);
    begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
}

static void the_end_verifies_the_image(void **state)
{
    (void)state;
    static const struct {
        uint32_t flaws;
        const char *chip;
        esp_err_t err;
    } cases[] = {
        {0, NULL, ESP_OK},
        {APP_IMAGE_FLAW_FIRST_SEGMENT_DRAM, NULL, ESP_OK},
        {APP_IMAGE_FLAW_DESCRIPTOR_MAGIC, NULL, ESP_OK},
        {APP_IMAGE_FLAW_CHECKSUM, NULL, ESP_ERR_OTA_VALIDATE_FAILED},
        {APP_IMAGE_FLAW_HASH, NULL, ESP_ERR_OTA_VALIDATE_FAILED},
        {APP_IMAGE_FLAW_BIT_FLIP, NULL, ESP_ERR_OTA_VALIDATE_FAILED},
        {APP_IMAGE_FLAW_LAST_BYTE_MISSING, NULL, ESP_ERR_OTA_VALIDATE_FAILED},
        {APP_IMAGE_FLAW_SEGMENT_COUNT, NULL, ESP_ERR_OTA_VALIDATE_FAILED},
        {0, "esp32", ESP_ERR_OTA_VALIDATE_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct image flawed = build_image(&(struct app_image_spec){
            .size = IMAGE_SIZE,
            .flaws = cases[i].flaws,
            .chip = cases[i].chip == NULL ? NULL : chip_by_name(cases[i].chip)});
        esp_ota_handle_t handle = begin("ota_0", OTA_SIZE_UNKNOWN);
        assert_err(write_in_chunks(handle, &flawed, 4096), ESP_OK);
        assert_err(esp_ota_end(handle), cases[i].err);
        assert_err(esp_ota_end(handle), ESP_ERR_NOT_FOUND);
        free(flawed.bytes);
    }
}

static void data_is_not_verified(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("nvs", 0);
    assert_err(esp_ota_write(handle, "no image", 8), ESP_OK);
    assert_err(esp_ota_end(handle), ESP_OK);
    assert_memory_equal(bytes_of("nvs"), "no image", 8);
}

static void a_staged_image_is_verified_and_copied(void **state)
{
    (void)state;
    fill_slot("ota_1");
    esp_ota_handle_t handle = begin("ota_0", 0);
    assert_err(esp_ota_set_final_partition(handle, NULL, true), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_set_final_partition(handle, partition_named("ota_1"), true), ESP_OK);
    assert_err(write_in_chunks(handle, &image, 1000), ESP_OK);
    assert_err(esp_ota_set_final_partition(handle, partition_named("ota_1"), true),
               ESP_ERR_INVALID_STATE);
    assert_false(memcmp(bytes_of("ota_1"), image.bytes, image.length) == 0);
    assert_err(esp_ota_end(handle), ESP_OK);
    assert_memory_equal(bytes_of("ota_1"), bytes_of("ota_0"), SLOT_SIZE);
    assert_memory_equal(bytes_of("ota_1"), image.bytes, image.length);
    assert_int_equal(counters().nor_violations, 0);
}

static void a_bad_staged_image_is_not_copied(void **state)
{
    (void)state;
    fill_slot("ota_1");
    esp_ota_handle_t handle = begin("ota_0", 0);
    assert_err(esp_ota_set_final_partition(handle, partition_named("ota_1"), true), ESP_OK);
    assert_err(esp_ota_write(handle, image.bytes, image.length - 1), ESP_OK);
    assert_err(esp_ota_end(handle), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_int_equal(erases_of("ota_1", 0), 0);
}

/* The next begin of the slot tells whether the update is still open. */
static void expect_after_failed_begin(bool stays_open)
{
    esp_ota_handle_t handle;
    assert_err(esp_ota_begin(partition_named("ota_0"), OTA_WITH_SEQUENTIAL_WRITES, &handle),
               stays_open ? ESP_ERR_OTA_ALREADY_IN_PROGRESS : ESP_OK);
}

static void a_begin_that_fails_blocks_the_slot(void **state)
{
    (void)state;
    esp_ota_handle_t handle;
    assert_err(esp_ota_begin(partition_named("ota_0"), SLOT_SIZE + 1, &handle),
               ESP_ERR_INVALID_SIZE);
    expect_after_failed_begin(true);
    run_app(place("factory")); /* until a reboot */
    expect_after_failed_begin(false);
}

static void a_begin_whose_erase_fails_blocks_the_slot(void **state)
{
    (void)state;
    esp_ota_handle_t handle;
    flash_arm_error(bench.device->flash, 1, ESP_ERR_FLASH_OP_TIMEOUT);
    assert_err(esp_ota_begin(partition_named("ota_0"), 0, &handle), ESP_ERR_FLASH_OP_TIMEOUT);
    assert_int_equal(counters().erases, 1);
    expect_after_failed_begin(true);
}

static void strictly_a_begin_that_fails_leaves_nothing(void **state)
{
    (void)state;
    be_strict();
    esp_ota_handle_t handle;
    assert_err(esp_ota_begin(partition_named("ota_0"), SLOT_SIZE + 1, &handle),
               ESP_ERR_INVALID_SIZE);
    expect_after_failed_begin(false);
}

static void a_size_near_the_end_of_numbers_erases_nothing(void **state)
{
    (void)state;
    begin("ota_0", 0xFFFFFFF0u);
    assert_int_equal(counters().erases, 0);
}

static void strictly_such_a_size_is_too_large(void **state)
{
    (void)state;
    be_strict();
    esp_ota_handle_t handle;
    assert_err(esp_ota_begin(partition_named("ota_0"), 0xFFFFFFF0u, &handle), ESP_ERR_INVALID_SIZE);
    assert_int_equal(counters().erases, 0);
}

/* A reset in the middle of an update: the next boot goes on where it stopped. */
static void interrupt_after(size_t written)
{
    fill_slot("ota_0");
    esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(esp_ota_write(handle, image.bytes, written), ESP_OK);
    run_app(place("factory"));
    flash_reset_counters(bench.device->flash);
}

static void a_resumed_update_erases_only_what_is_new(void **state)
{
    (void)state;
    static const size_t written[] = {SECTOR - 1, SECTOR, SECTOR + 1, 2 * SECTOR + 100};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        interrupt_after(written[i]);
        esp_ota_handle_t handle;
        assert_err(esp_ota_resume(partition_named("ota_0"), OTA_WITH_SEQUENTIAL_WRITES, written[i],
                                  &handle),
                   ESP_OK);
        assert_int_equal(flash_op_count(bench.device->flash), 0);
        assert_err(esp_ota_write(handle, image.bytes + written[i], image.length - written[i]),
                   ESP_OK);
        for (uint32_t sector = 0; sector < SLOT_SIZE / SECTOR; sector++) {
            bool is_new = sector * SECTOR >= written[i] && sector * SECTOR < image.length;
            assert_int_equal(erases_of("ota_0", sector), is_new ? 1 : 0);
        }
        assert_int_equal(counters().nor_violations, 0);
        assert_err(esp_ota_end(handle), ESP_OK);
    }
}

static void a_resumed_update_of_another_kind_erases_nothing(void **state)
{
    (void)state;
    interrupt_after(SECTOR);
    esp_ota_handle_t handle;
    assert_err(esp_ota_resume(partition_named("ota_0"), image.length, SECTOR, &handle), ESP_OK);
    assert_err(esp_ota_write(handle, image.bytes + SECTOR, image.length - SECTOR), ESP_OK);
    assert_int_equal(counters().erases, 0);
    assert_true(counters().nor_violations > 0);
    assert_err(esp_ota_end(handle), ESP_ERR_OTA_VALIDATE_FAILED);
}

static void a_resumed_update_starts_inside_the_partition(void **state)
{
    (void)state;
    esp_ota_handle_t handle;
    assert_err(esp_ota_resume(partition_named("ota_0"), 0, SLOT_SIZE + 1, &handle),
               ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_resume(partition_named("ota_0"), 0, SLOT_SIZE, &handle), ESP_OK);
    assert_err(esp_ota_write(handle, image.bytes, 1), ESP_ERR_INVALID_SIZE);
}

static void a_resumed_update_may_still_be_given_a_final_partition(void **state)
{
    (void)state;
    interrupt_after(SECTOR);
    esp_ota_handle_t handle;
    assert_err(
        esp_ota_resume(partition_named("ota_0"), OTA_WITH_SEQUENTIAL_WRITES, SECTOR, &handle),
        ESP_OK);
    assert_err(esp_ota_set_final_partition(handle, partition_named("ota_1"), true), ESP_OK);
    assert_err(esp_ota_write(handle, image.bytes + SECTOR, image.length - SECTOR), ESP_OK);
    assert_err(esp_ota_end(handle), ESP_OK);
    assert_memory_equal(bytes_of("ota_1"), image.bytes, image.length);
}

int main(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    const struct CMUnitTest tests[] = {
        session_test(begin_erases_what_its_size_says),
        session_test(begin_looks_at_its_arguments_in_order),
        session_test(the_running_slot_is_not_updated),
        session_test(one_update_of_a_slot_at_a_time),
        session_test(a_final_partition_is_taken_too),
        session_test(handles_count_up_and_are_never_used_again),
        session_test(a_closed_handle_is_refused_without_flash_access),
        session_test(an_end_without_data_closes_the_update),
        session_test(the_end_verifies_the_image),
        session_test(data_is_not_verified),
        session_test(a_staged_image_is_verified_and_copied),
        session_test(a_bad_staged_image_is_not_copied),
        session_test(a_begin_that_fails_blocks_the_slot),
        session_test(a_begin_whose_erase_fails_blocks_the_slot),
        session_test(strictly_a_begin_that_fails_leaves_nothing),
        session_test(a_size_near_the_end_of_numbers_erases_nothing),
        session_test(strictly_such_a_size_is_too_large),
        session_test(a_resumed_update_erases_only_what_is_new),
        session_test(a_resumed_update_of_another_kind_erases_nothing),
        session_test(a_resumed_update_starts_inside_the_partition),
        session_test(a_resumed_update_may_still_be_given_a_final_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
