#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flash.h"

#define SIZE (16 * FLASH_SECTOR_SIZE)

static int make_flash(void **state)
{
    *state = flash_create(SIZE);
    return *state == NULL;
}

static int drop_flash(void **state)
{
    flash_destroy(*state);
    return 0;
}

static void assert_bytes(const struct flash *flash, uint32_t address, uint32_t length,
                         uint8_t value)
{
    const uint8_t *bytes = flash_view(flash, address, length);
    assert_non_null(bytes);
    for (uint32_t i = 0; i < length; i++) {
        assert_int_equal(bytes[i], value);
    }
}

static void new_chip_is_erased(void **state)
{
    assert_bytes(*state, 0, SIZE, 0xFF);
    assert_int_equal(flash_size(*state), SIZE);
    assert_null(flash_create(0));
    assert_null(flash_create(FLASH_SECTOR_SIZE + 1));
}

static void programming_only_clears_bits(void **state)
{
    struct flash *flash = *state;
    uint8_t read[3];
    assert_int_equal(flash_program(flash, 10, "\xF0\x0F\xFF", 3), ESP_OK);
    assert_int_equal(flash_counters(flash).nor_violations, 0);
    /* 0xF0 -> 0x30 clears bits; 0x0F -> 0xF0 would set four. */
    assert_int_equal(flash_program(flash, 10, "\x30\xF0\xFF", 3), ESP_OK);
    assert_int_equal(flash_read(flash, 10, read, sizeof read), ESP_OK);
    assert_memory_equal(read, "\x30\x00\xFF", 3);
    assert_int_equal(flash_counters(flash).nor_violations, 1);
}

static void erase_sets_whole_sectors_and_leaves_others(void **state)
{
    struct flash *flash = *state;
    static uint8_t zeros[3 * FLASH_SECTOR_SIZE];
    flash_load(flash, 0, zeros, sizeof zeros);
    assert_int_equal(flash_erase(flash, FLASH_SECTOR_SIZE, FLASH_SECTOR_SIZE), ESP_OK);
    assert_bytes(flash, 0, FLASH_SECTOR_SIZE, 0);
    assert_bytes(flash, FLASH_SECTOR_SIZE, FLASH_SECTOR_SIZE, 0xFF);
    assert_bytes(flash, 2 * FLASH_SECTOR_SIZE, FLASH_SECTOR_SIZE, 0);
}

static void every_operation_is_counted(void **state)
{
    struct flash *flash = *state;
    uint8_t data[300] = {0};
    assert_int_equal(flash_erase(flash, 0, 3 * FLASH_SECTOR_SIZE), ESP_OK);
    /* One call, however many pages and sectors it touches. */
    assert_int_equal(flash_program(flash, FLASH_SECTOR_SIZE - 100, data, sizeof data), ESP_OK);
    assert_int_equal(flash_program(flash, 0, data, 0), ESP_OK);
    assert_int_equal(flash_read(flash, 0, data, 7), ESP_OK);
    struct flash_counters counters = flash_counters(flash);
    assert_int_equal(counters.erases, 3);
    assert_int_equal(counters.programs, 1);
    assert_int_equal(counters.bytes_programmed, 300);
    assert_int_equal(counters.bytes_read, 7);
    assert_int_equal(flash_op_count(flash), 4);
    assert_int_equal(flash_sector_erases(flash, 2 * FLASH_SECTOR_SIZE), 1);
    assert_int_equal(flash_sector_erases(flash, 3 * FLASH_SECTOR_SIZE), 0);
    assert_int_equal(flash_sector_programs(flash, 0), 1);
    assert_int_equal(flash_sector_programs(flash, FLASH_SECTOR_SIZE + 5), 1);
    flash_reset_counters(flash);
    assert_int_equal(flash_op_count(flash), 0);
    assert_int_equal(flash_counters(flash).erases, 0);
    assert_int_equal(flash_sector_erases(flash, 0), 0);
}

static void ranges_outside_the_chip_are_refused(void **state)
{
    struct flash *flash = *state;
    uint8_t byte = 0;
    assert_int_equal(flash_read(flash, SIZE, &byte, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_read(flash, 4, &byte, UINT32_MAX - 2), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_program(flash, SIZE, &byte, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_program(flash, UINT32_MAX, &byte, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_load(flash, SIZE, &byte, 1), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_erase(flash, 0, SIZE + FLASH_SECTOR_SIZE), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_erase(flash, 1, FLASH_SECTOR_SIZE), ESP_ERR_INVALID_ARG);
    assert_int_equal(flash_erase(flash, 0, 100), ESP_ERR_INVALID_ARG);
    assert_null(flash_view(flash, SIZE - 1, 2));
    assert_int_equal(flash_op_count(flash), 0);
}

static void parent_sees_what_a_child_wrote(void **state)
{
    struct flash *flash = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(flash_program(flash, 100, "child", 5) == ESP_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_memory_equal(flash_view(flash, 100, 5), "child", 5);
    assert_int_equal(flash_op_count(flash), 1);
    assert_int_equal(flash_sector_programs(flash, 0), 1);
}

static jmp_buf power_was_lost;

static void lose_power(void *context)
{
    (*(int *)context)++;
    longjmp(power_was_lost, 1);
}

/* Runs erase + program of a sector of zeros with power failing at one of them. */
static int update_sector_with_cut(struct flash *flash, uint64_t at, enum flash_cut_mode mode)
{
    static uint8_t new_data[FLASH_SECTOR_SIZE];
    memset(new_data, 0x55, sizeof new_data);
    static int losses;
    losses = 0;
    static uint8_t zeros[FLASH_SECTOR_SIZE];
    flash_load(flash, 0, zeros, sizeof zeros);
    flash_reset_counters(flash);
    flash_arm_power_cut(flash, at, mode, lose_power, &losses);
    if (setjmp(power_was_lost) == 0) {
        (void)flash_erase(flash, 0, FLASH_SECTOR_SIZE);
        (void)flash_program(flash, 0, new_data, sizeof new_data);
    }
    flash_arm_power_cut(flash, 0, FLASH_CUT_NONE, NULL, NULL);
    return losses;
}

static void power_fails_before_an_operation(void **state)
{
    assert_int_equal(update_sector_with_cut(*state, 0, FLASH_CUT_BEFORE), 1);
    assert_bytes(*state, 0, FLASH_SECTOR_SIZE, 0);
    assert_int_equal(flash_op_count(*state), 0);
    assert_int_equal(update_sector_with_cut(*state, 1, FLASH_CUT_BEFORE), 1);
    assert_bytes(*state, 0, FLASH_SECTOR_SIZE, 0xFF);
}

static void power_tears_an_operation_in_half(void **state)
{
    assert_int_equal(update_sector_with_cut(*state, 0, FLASH_CUT_TORN), 1);
    assert_bytes(*state, 0, 2048, 0xFF);
    assert_bytes(*state, 2048, 2048, 0);
    assert_int_equal(update_sector_with_cut(*state, 1, FLASH_CUT_TORN), 1);
    assert_bytes(*state, 0, 2048, 0x55);
    assert_bytes(*state, 2048, 2048, 0xFF);
}

static void power_fails_after_an_operation(void **state)
{
    assert_int_equal(update_sector_with_cut(*state, 0, FLASH_CUT_AFTER), 1);
    assert_bytes(*state, 0, FLASH_SECTOR_SIZE, 0xFF);
    assert_int_equal(update_sector_with_cut(*state, 1, FLASH_CUT_AFTER), 1);
    assert_bytes(*state, 0, FLASH_SECTOR_SIZE, 0x55);
    /* A cut at an operation that never comes. */
    assert_int_equal(update_sector_with_cut(*state, 2, FLASH_CUT_BEFORE), 0);
}

static void failing_operation_does_nothing_once(void **state)
{
    struct flash *flash = *state;
    flash_arm_error(flash, 1, 0x6001);
    assert_int_equal(flash_program(flash, 0, "a", 1), ESP_OK);
    assert_int_equal(flash_program(flash, 1, "b", 1), 0x6001);
    assert_int_equal(flash_program(flash, 2, "c", 1), ESP_OK);
    assert_memory_equal(flash_view(flash, 0, 3),
                        "a\xFF"
                        "c",
                        3);
    assert_int_equal(flash_op_count(flash), 3);
    assert_int_equal(flash_counters(flash).programs, 2);
}

static void failing_erase_leaves_the_sectors_behind_it(void **state)
{
    struct flash *flash = *state;
    static uint8_t zeros[3 * FLASH_SECTOR_SIZE];
    flash_load(flash, 0, zeros, sizeof zeros);
    flash_arm_error(flash, 1, 0x6001);
    assert_int_equal(flash_erase(flash, 0, sizeof zeros), 0x6001);
    assert_bytes(flash, 0, FLASH_SECTOR_SIZE, 0xFF);
    assert_bytes(flash, FLASH_SECTOR_SIZE, 2 * FLASH_SECTOR_SIZE, 0);
}

struct seen {
    unsigned calls;
    struct flash_op last;
    uint8_t before[8];
};

static void watch(void *context, const struct flash_op *op)
{
    struct seen *seen = context;
    seen->calls++;
    seen->last = *op;
    memcpy(seen->before, op->before,
           op->before_length < sizeof seen->before ? op->before_length : sizeof seen->before);
}

static void observer_sees_each_operation(void **state)
{
    struct flash *flash = *state;
    struct seen seen = {0};
    flash_load(flash, 0, "\x0F\xFF", 2);
    flash_observe(flash, watch, &seen);
    (void)flash_program(flash, 0, "\xFF\x12", 2);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.last.kind, FLASH_PROGRAM);
    assert_int_equal(seen.last.length, 2);
    assert_int_equal(seen.last.nor_violations, 1);
    assert_int_equal(seen.last.before_length, 2);
    assert_memory_equal(seen.before, "\x0F\xFF", 2);
    (void)flash_erase(flash, 0, 2 * FLASH_SECTOR_SIZE);
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.last.index, 2);
    assert_int_equal(seen.last.kind, FLASH_ERASE);
    assert_int_equal(seen.last.address, FLASH_SECTOR_SIZE);
    assert_null(seen.last.data);
    /* More than a sector: the observer gets the first part of what was there. */
    static uint8_t large[2 * FLASH_SECTOR_SIZE];
    (void)flash_program(flash, 0, large, sizeof large);
    assert_int_equal(seen.last.before_length, FLASH_SECTOR_SIZE);
    flash_observe(flash, NULL, NULL);
    (void)flash_erase(flash, 0, FLASH_SECTOR_SIZE);
    assert_int_equal(seen.calls, 4);
}

static void version_follows_the_contents(void **state)
{
    struct flash *flash = *state;
    uint64_t erased = flash_version(flash, 0, 2 * FLASH_SECTOR_SIZE);
    uint64_t elsewhere = flash_version(flash, 4 * FLASH_SECTOR_SIZE, FLASH_SECTOR_SIZE);
    (void)flash_program(flash, FLASH_SECTOR_SIZE + 8, "one", 3);
    uint64_t one = flash_version(flash, 0, 2 * FLASH_SECTOR_SIZE);
    assert_true(one != erased);
    flash_load(flash, 0, "two", 3);
    uint64_t two = flash_version(flash, 0, 2 * FLASH_SECTOR_SIZE);
    assert_true(two != one && two != erased);
    assert_true(elsewhere == flash_version(flash, 4 * FLASH_SECTOR_SIZE, FLASH_SECTOR_SIZE));
    (void)flash_erase(flash, 0, 2 * FLASH_SECTOR_SIZE);
    assert_true(flash_version(flash, 0, 2 * FLASH_SECTOR_SIZE) == erased);
    assert_int_equal(flash_version(flash, SIZE, 1), 0);
}

static void same_bytes_elsewhere_are_another_version(void **state)
{
    struct flash *flash = *state;
    (void)flash_program(flash, 0, "x", 1);
    (void)flash_program(flash, FLASH_SECTOR_SIZE + 1, "x", 1);
    assert_true(flash_version(flash, 0, 1) != flash_version(flash, FLASH_SECTOR_SIZE, 1));
}

static void snapshot_is_independent(void **state)
{
    struct flash *flash = *state;
    (void)flash_program(flash, 0, "before", 6);
    struct flash *snapshot = flash_snapshot(flash);
    assert_non_null(snapshot);
    assert_int_equal(flash_op_count(snapshot), 0);
    assert_true(flash_version(snapshot, 0, SIZE) == flash_version(flash, 0, SIZE));
    (void)flash_erase(flash, 0, FLASH_SECTOR_SIZE);
    (void)flash_program(snapshot, FLASH_SECTOR_SIZE, "s", 1);
    assert_memory_equal(flash_view(snapshot, 0, 6), "before", 6);
    assert_bytes(flash, 0, 2 * FLASH_SECTOR_SIZE, 0xFF);

    flash_snapshot_refresh(snapshot, flash);
    assert_memory_equal(flash_view(snapshot, 0, SIZE), flash_view(flash, 0, SIZE), SIZE);
    assert_int_equal(flash_op_count(snapshot), 0);
    flash_destroy(snapshot);
}

static void memory_that_is_used_again_tells_nothing_of_its_past(void **state)
{
    struct flash *flash = *state;
    (void)flash_program(flash, 0, "one", 3);
    struct flash *snapshot = flash_snapshot(flash);
    (void)flash_program(snapshot, 2 * FLASH_SECTOR_SIZE, "mine", 4);
    flash_arm_error(snapshot, 1, ESP_FAIL);
    flash_destroy(snapshot);
    (void)flash_erase(flash, 0, FLASH_SECTOR_SIZE);
    (void)flash_program(flash, FLASH_SECTOR_SIZE, "two", 3);

    snapshot = flash_snapshot(flash);
    assert_memory_equal(flash_view(snapshot, 0, SIZE), flash_view(flash, 0, SIZE), SIZE);
    assert_true(flash_version(snapshot, 0, SIZE) == flash_version(flash, 0, SIZE));
    assert_int_equal(flash_op_count(snapshot), 0);
    (void)flash_program(snapshot, 0, "x", 1);
    assert_int_equal(flash_program(snapshot, 1, "y", 1), ESP_OK);
    struct flash *other = flash_create(SIZE);
    assert_bytes(other, 0, SIZE, 0xFF);
    flash_destroy(other);
    flash_destroy(snapshot);
}

static void times_grow_with_the_length(void **state)
{
    (void)state;
    assert_int_equal(flash_read_time_us(0), 0);
    assert_in_range(flash_read_time_us(1), 7, 8);
    assert_int_equal(flash_read_time_us(FLASH_SECTOR_SIZE), 459);
    assert_in_range(flash_program_time_us(1), 19, 21);
    assert_int_equal(flash_program_time_us(FLASH_SECTOR_SIZE), 6367);
    assert_true(flash_program_time_us(256) < flash_program_time_us(512));
    assert_int_equal(flash_program_time_us(1u << 20), 256 * 6367);
    assert_int_equal(flash_erase_time_us(1u << 20), 256 * 37000);
}

#define FLASH_TEST(test) cmocka_unit_test_setup_teardown(test, make_flash, drop_flash)

/* As from a watchdog on the host, at the worst of places. */
static void erase_and_die_half_way(struct flash *flash)
{
    pid_t child = fork();
    if (child == 0) {
        void *first = (void *)(uintptr_t)flash_view(flash, 0, FLASH_SECTOR_SIZE);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        mprotect(first, (size_t)sysconf(_SC_PAGESIZE), PROT_READ);
        flash_erase(flash, 0, FLASH_SECTOR_SIZE);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void a_chip_is_erased_though_its_last_process_was_killed(void **state)
{
    (void)state;
    struct flash *first = flash_create(SIZE);
    assert_non_null(first);
    assert_int_equal(flash_program(first, 0, "old", 3), ESP_OK);
    erase_and_die_half_way(first);
    flash_destroy(first);
    struct flash *second = flash_create(SIZE);
    assert_ptr_equal(second, first); /* a spare one is used again */
    assert_bytes(second, 0, SIZE, 0xFF);
    flash_destroy(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLASH_TEST(new_chip_is_erased),
        FLASH_TEST(programming_only_clears_bits),
        FLASH_TEST(erase_sets_whole_sectors_and_leaves_others),
        FLASH_TEST(every_operation_is_counted),
        FLASH_TEST(ranges_outside_the_chip_are_refused),
        FLASH_TEST(parent_sees_what_a_child_wrote),
        FLASH_TEST(power_fails_before_an_operation),
        FLASH_TEST(power_tears_an_operation_in_half),
        FLASH_TEST(power_fails_after_an_operation),
        FLASH_TEST(failing_operation_does_nothing_once),
        FLASH_TEST(failing_erase_leaves_the_sectors_behind_it),
        FLASH_TEST(observer_sees_each_operation),
        FLASH_TEST(version_follows_the_contents),
        FLASH_TEST(same_bytes_elsewhere_are_another_version),
        FLASH_TEST(snapshot_is_independent),
        FLASH_TEST(memory_that_is_used_again_tells_nothing_of_its_past),
        cmocka_unit_test(times_grow_with_the_length),
        cmocka_unit_test(a_chip_is_erased_though_its_last_process_was_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
