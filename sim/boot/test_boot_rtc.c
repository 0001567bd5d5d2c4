/* RTC memory over resets, with the variables of a firmware module played by arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot_rtc.h"

static char data[4], noinit[4], large[sizeof((struct device *)NULL)->rtc_memory + 1];
static const struct firmware_rtc both = {data, data + 4, noinit, noinit + 4};

static struct device *device;

static int set_up(void **state)
{
    (void)state;
    device = device_create(&(struct device_config){0});
    return device == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    device_destroy(device);
    return 0;
}

/* A boot whose module initialises `data`, and which leaves other values behind. */
static void begin_boot(enum device_reset_reason reason)
{
    struct error err;
    device->reset_reason = reason;
    memcpy(data, "init", 4);
    memset(noinit, 0, 4);
    assert_true(boot_rtc_restore(&both, device, &err));
}

static void end_boot(void)
{
    memcpy(data, "kept", 4);
    memcpy(noinit, "note", 4);
    boot_rtc_save();
}

static void a_wake_up_finds_everything(void **state)
{
    (void)state;
    begin_boot(DEVICE_RESET_POWERON);
    end_boot();
    begin_boot(DEVICE_RESET_DEEPSLEEP);
    assert_memory_equal(data, "kept", 4);
    assert_memory_equal(noinit, "note", 4);
}

static void other_resets_initialise_data_again(void **state)
{
    (void)state;
    static const enum device_reset_reason reasons[] = {DEVICE_RESET_SW, DEVICE_RESET_PANIC,
                                                       DEVICE_RESET_TASK_WDT};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        begin_boot(DEVICE_RESET_POWERON);
        end_boot();
        begin_boot(reasons[i]);
        assert_memory_equal(data, "init", 4);
        assert_memory_equal(noinit, "note", 4);
    }
}

static void without_power_there_is_noise(void **state)
{
    (void)state;
    static const char zero[4];
    begin_boot(DEVICE_RESET_POWERON);
    end_boot();
    boot_rtc_forget(device);
    begin_boot(DEVICE_RESET_POWERON);
    assert_memory_equal(data, "init", 4);
    assert_memory_not_equal(noinit, "note", 4);
    assert_memory_not_equal(noinit, zero, 4);
}

static void more_than_there_is(void **state)
{
    (void)state;
    struct error err;
    const struct firmware_rtc too_much = {large, large + sizeof large, NULL, NULL};
    assert_false(boot_rtc_restore(&too_much, device, &err));
    assert_string_equal(err.text, "RTC memory: the variables take 8193 bytes of 8192");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wake_up_finds_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_resets_initialise_data_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_power_there_is_noise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_there_is, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
