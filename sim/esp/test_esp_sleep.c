/* Sleep as a firmware sees it. */
#include "test_device.h"

#include "esp_sleep.h"
#include "esp_timer.h"

static void sleep_deeply(void)
{
    assert_int_equal(esp_sleep_enable_timer_wakeup(5000000), ESP_OK);
    assert_int_equal(esp_sleep_enable_ext0_wakeup(4, 1), ESP_OK);
    esp_deep_sleep_start();
}

static void sleep_for_ever(void)
{
    esp_deep_sleep_start();
}

static void sleep_lightly_for_ever(void)
{
    esp_light_sleep_start();
}

static void deep_sleep_leaves_what_was_armed_to_the_device(void **state)
{
    (void)state;
    struct device *device = begin_boot(&(struct device_config){0});
    assert_int_equal(end_of(sleep_deeply), BOOT_END_DEEP_SLEEP);
    assert_int_equal(device->sleep.sources,
                     1u << ESP_SLEEP_WAKEUP_TIMER | 1u << ESP_SLEEP_WAKEUP_EXT0);
    assert_int_equal(device->sleep.timer_us, 5000000);
    assert_int_equal(end_of(sleep_for_ever), BOOT_END_DEEP_SLEEP);
    assert_int_equal(device->sleep.sources, 0);
    assert_int_equal(end_of(sleep_lightly_for_ever), BOOT_END_IDLE);
    end_boot(device);
}

static void the_cause_is_what_woke_the_device(void **state)
{
    (void)state;
    struct device *device = begin_boot(&(struct device_config){0});
    assert_int_equal(esp_sleep_get_wakeup_cause(), ESP_SLEEP_WAKEUP_UNDEFINED);
    device->sleep.woken_by = ESP_SLEEP_WAKEUP_EXT1;
    assert_int_equal(esp_sleep_get_wakeup_cause(), ESP_SLEEP_WAKEUP_EXT1);
    end_boot(device);
}

static void sources_are_checked(void **state)
{
    (void)state;
    assert_int_equal(esp_sleep_enable_ext0_wakeup(4, 2), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_sleep_enable_ext1_wakeup(0, ESP_EXT1_WAKEUP_ANY_HIGH),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_deep_sleep_enable_gpio_wakeup(0, ESP_GPIO_WAKEUP_GPIO_LOW),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_sleep_disable_wakeup_source(ESP_SLEEP_WAKEUP_EXT0), ESP_ERR_INVALID_STATE);
}

static void light_sleep_takes_the_timers_time(void **state)
{
    (void)state;
    struct device *device = begin_boot(&(struct device_config){0});
    int64_t before = esp_timer_get_time();
    esp_sleep_enable_timer_wakeup(2500000);
    assert_int_equal(esp_light_sleep_start(), ESP_OK);
    assert_int_equal(esp_timer_get_time() - before, 2500001); /* a look at the clock takes 1 us */
    assert_int_equal(esp_sleep_get_wakeup_cause(), ESP_SLEEP_WAKEUP_TIMER);

    assert_int_equal(esp_sleep_disable_wakeup_source(ESP_SLEEP_WAKEUP_TIMER), ESP_OK);
    assert_int_equal(esp_sleep_enable_gpio_wakeup(), ESP_OK);
    assert_int_equal(esp_light_sleep_start(), ESP_OK);
    assert_int_equal(esp_sleep_get_wakeup_cause(), ESP_SLEEP_WAKEUP_GPIO);
    end_boot(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_sleep_leaves_what_was_armed_to_the_device),
        cmocka_unit_test(the_cause_is_what_woke_the_device),
        cmocka_unit_test(sources_are_checked),
        cmocka_unit_test(light_sleep_takes_the_timers_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
