/* What esp_ota_write does to flash: sectors, first bytes, encrypted blocks, failing operations. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "esp_flash_err.h"
#include "esp_log.h"
#include "test_native_bench.h"

#define BLOCK 16u

static struct image image;

static int set_up(void **state)
{
    (void)state;
    bench_open_std("default");
    image = good_image();
    return 0;
}

static int set_up_encrypted(void **state)
{
    (void)state;
    bench_open("default", STD_TABLE, &(struct efuse){.flash_encryption = true});
    flash_app("factory", 0);
    run_app(place("factory"));
    flash_reset_counters(bench.device->flash);
    image = good_image();
    return 0;
}

static int tear_down(void **state)
{
    free(image.bytes);
    return bench_close(state);
}

#define write_test(name)     cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define encrypted_test(name) cmocka_unit_test_setup_teardown(name, set_up_encrypted, tear_down)

static struct flash_counters counters(void)
{
    return flash_counters(bench.device->flash);
}

static void fill(const char *label)
{
    uint8_t zeros[SLOT_SIZE] = {0};
    flash_load(bench.device->flash, place(label)->offset, zeros, place(label)->size);
}

static esp_ota_handle_t begin(const char *label, size_t size)
{
    esp_ota_handle_t handle = 0;
    assert_err(esp_ota_begin(partition_named(label), size, &handle), ESP_OK);
    return handle;
}

static void a_sequential_write_erases_each_sector_once(void **state)
{
    (void)state;
    static const size_t chunks[] = {1, 100, 4095, 4096, 4097, IMAGE_SIZE};
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        fill("ota_0");
        flash_reset_counters(bench.device->flash);
        esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
        assert_err(write_in_chunks(handle, &image, chunks[i]), ESP_OK);
        for (uint32_t at = 0; at < SLOT_SIZE; at += SECTOR) {
            assert_int_equal(flash_sector_erases(bench.device->flash, place("ota_0")->offset + at),
                             at < image.length ? 1 : 0);
        }
        assert_int_equal(counters().programs, (image.length + chunks[i] - 1) / chunks[i]);
        assert_int_equal(counters().bytes_programmed, image.length);
        assert_int_equal(counters().nor_violations, 0);
        assert_memory_equal(bytes_of("ota_0"), image.bytes, image.length);
        assert_err(esp_ota_end(handle), ESP_OK);
    }
}

static void a_sequential_write_erases_no_sooner_than_it_must(void **state)
{
    (void)state;
    static const struct {
        size_t write;
        uint64_t erased; /* sectors so far */
    } steps[] = {{1, 1}, {SECTOR - 1, 1}, {1, 2}, {2 * SECTOR - 1, 3}, {2, 4}};
    esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
    const uint8_t *at = image.bytes;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_err(esp_ota_write(handle, at, steps[i].write), ESP_OK);
        assert_int_equal(counters().erases, steps[i].erased);
        at += steps[i].write;
    }
}

static void a_slot_is_filled_to_its_last_byte(void **state)
{
    (void)state;
    struct image whole = build_image(&(struct app_image_spec){.size = SLOT_SIZE});
    esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(write_in_chunks(handle, &whole, 4097), ESP_OK);
    assert_err(esp_ota_write(handle, whole.bytes, 1), ESP_ERR_INVALID_SIZE);
    assert_err(esp_ota_end(handle), ESP_OK);
    assert_int_equal(flash_sector_erases(bench.device->flash, place("ota_0")->offset + SLOT_SIZE),
                     0);
    free(whole.bytes);
}

static void the_first_byte_is_looked_at_after_the_erase(void **state)
{
    (void)state;
    fill("ota_0");
    esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(esp_ota_write(handle, "<html>", 6), ESP_ERR_OTA_VALIDATE_FAILED);
    assert_int_equal(counters().erases, 1);
    assert_int_equal(counters().programs, 0);
    assert_true(is_erased(bytes_of("ota_0"), SECTOR));
    assert_err(write_in_chunks(handle, &image, 1000), ESP_OK); /* the update is still open */
    assert_err(esp_ota_end(handle), ESP_OK);
}

static void only_the_first_byte_is_looked_at(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("ota_0", 0);
    assert_err(esp_ota_write(handle, "\xE9", 1), ESP_OK);
    assert_err(esp_ota_write(handle, "<html>", 6), ESP_OK);
    assert_memory_equal(bytes_of("ota_0"), "\xE9<html>", 7);
}

/* An application that ignores what begin returned, or what was said of NULL. */
static void a_write_needs_data(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("ota_0", 0);
    assert_err(esp_ota_write(handle, NULL, 1), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_write_with_offset(handle, NULL, 1, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(counters().programs, 0);
}

static void an_image_may_be_written_from_its_end(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("ota_0", image.length);
    for (size_t left = image.length; left > 0;) {
        size_t part = left % 512 == 0 ? 512 : left % 512;
        left -= part;
        assert_err(esp_ota_write_with_offset(handle, image.bytes + left, part, (uint32_t)left),
                   ESP_OK);
    }
    assert_err(esp_ota_write_with_offset(handle, image.bytes, 2, SLOT_SIZE - 1),
               ESP_ERR_INVALID_SIZE);
    assert_err(esp_ota_end(handle), ESP_OK);
    assert_memory_equal(bytes_of("ota_0"), image.bytes, image.length);
    assert_int_equal(counters().nor_violations, 0);
}

static void an_offset_in_a_sequential_update_is_a_programming_error(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka has its own */
        esp_ota_write_with_offset(handle, image.bytes, 16, 0);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_int_equal(flash_op_count(bench.device->flash), 0);
}

/* The error of one operation; a device whose flash recovers goes on with the same bytes. */
static void a_failing_operation_can_be_tried_again(void **state)
{
    (void)state;
    static const struct {
        uint64_t at; /* operations: erase 0, program, erase 1, program, ... */
        const char *what;
    } cases[] = {
        {0, "first erase"}, {1, "first program"}, {2, "second erase"}, {3, "second program"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fill("ota_0");
        flash_reset_counters(bench.device->flash);
        flash_arm_error(bench.device->flash, cases[i].at, ESP_ERR_FLASH_OP_FAIL);
        esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
        unsigned failed = 0;
        for (size_t at = 0; at < image.length;) {
            size_t part = image.length - at < SECTOR ? image.length - at : SECTOR;
            esp_err_t err = esp_ota_write(handle, image.bytes + at, part);
            at += err == ESP_OK ? part : 0;
            if (err != ESP_OK) {
                assert_err(err, ESP_ERR_FLASH_OP_FAIL);
                assert_int_equal(at, cases[i].at / 2 * SECTOR);
                failed++;
            }
        }
        assert_int_equal(failed, 1);
        assert_int_equal(counters().nor_violations, 0);
        assert_err(esp_ota_end(handle), ESP_OK);
    }
}

static void encrypted_flash_is_written_in_blocks(void **state)
{
    (void)state;
    static const size_t chunks[] = {1, 5, 15, 16, 17, 100, 4095, 4097};
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        fill("ota_0");
        flash_reset_counters(bench.device->flash);
        esp_ota_handle_t handle = begin("ota_0", OTA_WITH_SEQUENTIAL_WRITES);
        assert_err(write_in_chunks(handle, &image, chunks[i]), ESP_OK);
        assert_int_equal(counters().bytes_programmed, image.length / BLOCK * BLOCK);
        assert_err(esp_ota_end(handle), ESP_OK);
        assert_memory_equal(bytes_of("ota_0"), image.bytes, image.length);
        assert_int_equal(counters().nor_violations, 0);
    }
}

static void a_block_waits_until_it_is_whole(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("ota_0", 0);
    assert_err(esp_ota_write(handle, image.bytes, 15), ESP_OK);
    assert_int_equal(counters().programs, 0);
    assert_err(esp_ota_write(handle, image.bytes + 15, 1), ESP_OK);
    assert_int_equal(counters().programs, 1);
    assert_err(esp_ota_write(handle, image.bytes + 16, 40), ESP_OK);
    assert_int_equal(counters().bytes_programmed, 48);
    assert_memory_equal(bytes_of("ota_0"), image.bytes, 48);
    assert_true(is_erased(bytes_of("ota_0") + 48, 16));
}

static void the_last_block_is_padded_at_the_end(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("nvs", 0);
    assert_err(esp_ota_write(handle, image.bytes, 100), ESP_OK);
    assert_int_equal(counters().bytes_programmed, 96);
    assert_err(esp_ota_end(handle), ESP_OK);
    assert_int_equal(counters().bytes_programmed, 112);
    assert_memory_equal(bytes_of("nvs"), image.bytes, 100);
    assert_true(is_erased(bytes_of("nvs") + 100, 12));
}

static void fewer_bytes_than_a_block_are_no_data(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("nvs", 0);
    assert_err(esp_ota_write(handle, image.bytes, 15), ESP_OK);
    assert_err(esp_ota_end(handle), ESP_ERR_INVALID_ARG);
    assert_int_equal(counters().programs, 0);
}

static void a_last_block_that_cannot_be_written_fails_the_end(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("nvs", 0);
    assert_err(esp_ota_write(handle, image.bytes, 100), ESP_OK);
    flash_arm_error(bench.device->flash, flash_op_count(bench.device->flash),
                    ESP_ERR_FLASH_OP_FAIL);
    assert_err(esp_ota_end(handle), ESP_ERR_INVALID_STATE);
    assert_err(esp_ota_end(handle), ESP_ERR_NOT_FOUND);
}

/* 4095 bytes, then 16: the first sector is full, and the rest waits for a sector nobody entered. */
static void write_into_the_next_sector(esp_ota_handle_t *handle)
{
    fill("nvs");
    flash_reset_counters(bench.device->flash);
    *handle = begin("nvs", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(esp_ota_write(*handle, image.bytes, SECTOR - 1), ESP_OK);
    assert_err(esp_ota_write(*handle, image.bytes + SECTOR - 1, 1), ESP_OK);
    assert_int_equal(counters().erases, 1);
}

static void the_last_block_may_land_in_an_unerased_sector(void **state)
{
    (void)state;
    esp_ota_handle_t handle;
    write_into_the_next_sector(&handle);
    assert_err(esp_ota_write(handle, image.bytes + SECTOR, 15), ESP_OK);
    assert_int_equal(counters().erases, 2); /* this write announced itself */
    assert_err(esp_ota_end(handle), ESP_OK);
    assert_int_equal(counters().nor_violations, 0);
}

/* The tail that the end writes begins a sector which the write that brought it did not reach:
 * 4095 bytes leave 15 waiting in front of the sector's end, 16 more fill that block and leave 15
 * waiting for a sector that the erase of that write stopped short of. */
static esp_ota_handle_t write_4095_and_16(void)
{
    fill("nvs");
    flash_reset_counters(bench.device->flash);
    esp_ota_handle_t handle = begin("nvs", OTA_WITH_SEQUENTIAL_WRITES);
    assert_err(esp_ota_write(handle, image.bytes, SECTOR - 1), ESP_OK);
    assert_err(esp_ota_write(handle, image.bytes + SECTOR - 1, BLOCK), ESP_OK);
    return handle;
}

static void the_last_block_of_an_encrypted_update_lands_unerased(void **state)
{
    (void)state;
    assert_err(esp_ota_end(write_4095_and_16()), ESP_OK);
    assert_int_equal(counters().erases, 1);
    assert_true(counters().nor_violations > 0);
}

static void strictly_the_last_block_is_erased_for(void **state)
{
    (void)state;
    be_strict();
    assert_err(esp_ota_end(write_4095_and_16()), ESP_OK);
    assert_int_equal(counters().erases, 2);
    assert_int_equal(counters().nor_violations, 0);
    assert_memory_equal(bytes_of("nvs"), image.bytes, SECTOR + BLOCK - 1);
}

static void strictly_a_last_block_that_cannot_be_erased_for_fails_the_end(void **state)
{
    (void)state;
    be_strict();
    esp_ota_handle_t handle = write_4095_and_16();
    flash_arm_error(bench.device->flash, flash_op_count(bench.device->flash),
                    ESP_ERR_FLASH_OP_FAIL);
    assert_err(esp_ota_end(handle), ESP_ERR_INVALID_STATE);
    assert_int_equal(counters().nor_violations, 0);
}

static void an_encrypted_write_at_an_offset_is_whole_blocks(void **state)
{
    (void)state;
    esp_ota_handle_t handle = begin("ota_0", 0);
    assert_err(esp_ota_write_with_offset(handle, image.bytes, 10, 0), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_write_with_offset(handle, image.bytes, 16, 8), ESP_ERR_INVALID_ARG);
    assert_err(esp_ota_write_with_offset(handle, image.bytes, 32, 16), ESP_OK);
    assert_memory_equal(bytes_of("ota_0") + 16, image.bytes, 32);
}

int main(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    const struct CMUnitTest tests[] = {
        write_test(a_sequential_write_erases_each_sector_once),
        write_test(a_sequential_write_erases_no_sooner_than_it_must),
        write_test(a_slot_is_filled_to_its_last_byte),
        write_test(the_first_byte_is_looked_at_after_the_erase),
        write_test(only_the_first_byte_is_looked_at),
        write_test(a_write_needs_data),
        write_test(an_image_may_be_written_from_its_end),
        write_test(an_offset_in_a_sequential_update_is_a_programming_error),
        write_test(a_failing_operation_can_be_tried_again),
        encrypted_test(encrypted_flash_is_written_in_blocks),
        encrypted_test(a_block_waits_until_it_is_whole),
        encrypted_test(the_last_block_is_padded_at_the_end),
        encrypted_test(fewer_bytes_than_a_block_are_no_data),
        encrypted_test(a_last_block_that_cannot_be_written_fails_the_end),
        encrypted_test(the_last_block_may_land_in_an_unerased_sector),
        encrypted_test(the_last_block_of_an_encrypted_update_lands_unerased),
        encrypted_test(strictly_the_last_block_is_erased_for),
        encrypted_test(strictly_a_last_block_that_cannot_be_erased_for_fails_the_end),
        encrypted_test(an_encrypted_write_at_an_offset_is_whole_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
