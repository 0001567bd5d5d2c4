#include "entropy.h"
#include "esp_check.h"
#include "esp_flash_err.h"
#include "esp_heap_caps.h"
#include "esp_image_format.h"
#include "esp_log.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/task.h"
#include "heap.h"
#include "otasim_quirk.h"
#include "test_device.h"

static struct device *device;

static int set_up(void **state)
{
    (void)state;
    device = begin_boot(&(struct device_config){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    esp_log_level_set("*", ESP_LOG_INFO);
    end_boot(device);
    return 0;
}

static void errors_have_names(void **state)
{
    (void)state;
    char text[64];
    assert_string_equal(esp_err_to_name(ESP_OK), "ESP_OK");
    assert_string_equal(esp_err_to_name(ESP_FAIL), "ESP_FAIL");
    assert_string_equal(esp_err_to_name(ESP_ERR_NOT_ALLOWED), "ESP_ERR_NOT_ALLOWED");
    assert_string_equal(esp_err_to_name(ESP_ERR_IMAGE_INVALID), "ESP_ERR_IMAGE_INVALID");
    assert_string_equal(esp_err_to_name(ESP_ERR_FLASH_PROTECTED), "ESP_ERR_FLASH_PROTECTED");
    assert_string_equal(esp_err_to_name(0x1503), "ESP_ERR_OTA_VALIDATE_FAILED");
    assert_string_equal(esp_err_to_name(0x9001), "ESP_ERR_HTTPS_OTA_IN_PROGRESS");
    assert_string_equal(esp_err_to_name(0x1103), "ESP_ERR_NVS_TYPE_MISMATCH");
    assert_string_equal(esp_err_to_name(0x110D), "ESP_ERR_NVS_NO_FREE_PAGES");
    assert_string_equal(esp_err_to_name(0x1110), "ESP_ERR_NVS_NEW_VERSION_FOUND");
    assert_string_equal(esp_err_to_name(0x1117), "ESP_ERR_NVS_CORRUPT_KEY_PART");
    assert_string_equal(esp_err_to_name(-0x7007), "UNKNOWN ERROR");
    assert_string_equal(esp_err_to_name_r(-0x7007, text, sizeof text),
                        "UNKNOWN ERROR 0xffff8ff9(-28679)");
    assert_string_equal(esp_err_to_name_r(0x101, text, 5), "ESP_");
}

static void fail_a_check(void)
{
    ESP_ERROR_CHECK(ESP_ERR_NOT_FOUND);
}

static void a_failed_check_is_a_panic_that_says_where(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    assert_int_equal(end_of(fail_a_check), BOOT_END_PANIC);
    assert_int_equal(ESP_ERROR_CHECK_WITHOUT_ABORT(ESP_ERR_NO_MEM), ESP_ERR_NO_MEM);
    json_t *trace = capture_end(file);
    const char *detail = captured_text(trace, "end", 0, "detail");
    assert_non_null(strstr(detail, "esp_err_t 0x105 (ESP_ERR_NOT_FOUND) at test_esp_system.c:"));
    assert_non_null(strstr(detail, ": fail_a_check: ESP_ERR_NOT_FOUND"));
    assert_int_equal(captured_count(trace, "log"), 1);
    json_decref(trace);
}

static esp_err_t return_on_error(esp_err_t err)
{
    ESP_RETURN_ON_ERROR(err, "check", "number %d", 7);
    return ESP_OK;
}

static esp_err_t goto_on_false(bool good)
{
    esp_err_t ret = ESP_OK;
    ESP_GOTO_ON_FALSE(good, ESP_ERR_INVALID_STATE, done, "check", "not good");
done:
    return ret;
}

static void check_macros_log_and_leave(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    assert_int_equal(return_on_error(ESP_OK), ESP_OK);
    assert_int_equal(return_on_error(ESP_FAIL), ESP_FAIL);
    assert_int_equal(goto_on_false(true), ESP_OK);
    assert_int_equal(goto_on_false(false), ESP_ERR_INVALID_STATE);
    json_t *trace = capture_end(file);
    assert_int_equal(captured_count(trace, "log"), 2);
    assert_non_null(strstr(captured_text(trace, "log", 0, "text"), "): number 7"));
    json_decref(trace);
}

static void log_lines_are_traced_without_their_prefix(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    ESP_LOGW("app", "low on %s: %d", "water", 3);
    esp_log_write(ESP_LOG_INFO, "raw", "no prefix\n");
    ESP_LOG_BUFFER_HEX("hex", "\x01\xAB", 2);
    json_t *trace = capture_end(file);
    assert_string_equal(captured_text(trace, "log", 0, "level"), "W");
    assert_string_equal(captured_text(trace, "log", 0, "tag"), "app");
    assert_string_equal(captured_text(trace, "log", 0, "text"), "low on water: 3");
    assert_string_equal(captured_text(trace, "log", 1, "text"), "no prefix");
    assert_string_equal(captured_text(trace, "log", 2, "text"), "01 ab");
    json_decref(trace);
}

static void a_tag_can_be_made_quieter_or_louder(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    esp_log_write(ESP_LOG_DEBUG, "app", "hidden\n");
    esp_log_level_set("app", ESP_LOG_DEBUG);
    esp_log_write(ESP_LOG_DEBUG, "app", "shown\n");
    esp_log_level_set("app", ESP_LOG_NONE);
    ESP_LOGE("app", "hidden");
    ESP_LOGE("other", "also shown");
    esp_log_level_set("*", ESP_LOG_WARN);
    ESP_LOGI("app", "hidden");
    ESP_LOGW("app", "shown last");
    json_t *trace = capture_end(file);
    assert_int_equal(captured_count(trace, "log"), 3);
    assert_string_equal(captured_text(trace, "log", 0, "text"), "shown");
    assert_string_equal(captured_text(trace, "log", 1, "text"), "also shown");
    assert_string_equal(captured_text(trace, "log", 2, "text"), "shown last");
    assert_int_equal(esp_log_level_get("app"), ESP_LOG_WARN);
    json_decref(trace);
}

static char printed[128];

static int print_here(const char *format, va_list arguments)
{
    return vsnprintf(printed, sizeof printed, format, arguments);
}

static void a_printed_line_has_the_devices_format(void **state)
{
    (void)state;
    device_advance_us(device, 123456);
    vprintf_like_t before = esp_log_set_vprintf(print_here);
    ESP_LOGI("app", "hello %d", 5);
    esp_log_set_vprintf(before);
    assert_string_equal(printed, "I (123) app: hello 5\n");
}

static void first(void)
{
    trace_recordf("log", "{s:s}", "text", "first");
}

static void second(void)
{
    trace_recordf("log", "{s:s}", "text", "second");
}

static void third(void)
{
}

static void restart_with_handlers(void)
{
    if (esp_register_shutdown_handler(first) == ESP_OK &&
        esp_register_shutdown_handler(third) == ESP_OK &&
        esp_register_shutdown_handler(second) == ESP_OK &&
        esp_register_shutdown_handler(second) == ESP_ERR_INVALID_STATE &&
        esp_unregister_shutdown_handler(third) == ESP_OK &&
        esp_unregister_shutdown_handler(third) == ESP_ERR_INVALID_STATE) {
        esp_restart();
    }
}

static void a_restart_runs_the_last_handler_first(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    assert_int_equal(end_of(restart_with_handlers), BOOT_END_RESTART);
    json_t *trace = capture_end(file);
    assert_string_equal(captured_text(trace, "log", 0, "text"), "second");
    assert_string_equal(captured_text(trace, "log", 1, "text"), "first");
    assert_string_equal(captured_text(trace, "end", 0, "how"), "restart");
    json_decref(trace);
}

static void time_and_reset_reason_are_the_devices(void **state)
{
    (void)state;
    device->now_us = device->boot_us = 5000000;
    device->reset_reason = DEVICE_RESET_SW;
    assert_int_equal(esp_reset_reason(), ESP_RST_SW);
    assert_int_equal(esp_timer_get_time(), 1); /* a look at the clock takes 1 us */
    vTaskDelay(pdMS_TO_TICKS(250));
    assert_int_equal(esp_timer_get_time(), 250001);
    assert_int_equal(xTaskGetTickCount(), 25);
    assert_int_equal(device->now_us, 5250002);
    assert_int_equal(portTICK_PERIOD_MS, 10);
}

static void wait_for_ever(void)
{
    while (true) {
        vTaskDelay(portMAX_DELAY);
    }
}

static void delete_the_task(void)
{
    vTaskDelete(NULL);
}

static void abort_the_system(void)
{
    esp_system_abort("on purpose");
}

static void boots_end_as_they_should(void **state)
{
    (void)state;
    assert_int_equal(end_of(wait_for_ever), BOOT_END_IDLE);
    assert_int_equal(end_of(delete_the_task), BOOT_END_IDLE);
    assert_int_equal(end_of(abort_the_system), BOOT_END_PANIC);
}

static void random_numbers_repeat_with_the_seed(void **state)
{
    (void)state;
    uint8_t bytes[2][64];
    entropy_seed(7);
    uint32_t once = esp_random();
    esp_fill_random(bytes[0], sizeof bytes[0]);
    entropy_seed(7);
    assert_int_equal(esp_random(), once);
    esp_fill_random(bytes[1], sizeof bytes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
    entropy_seed(8);
    assert_int_not_equal(esp_random(), once);
}

static void the_heap_counts_what_is_in_use(void **state)
{
    (void)state;
    struct heap_stats before = heap_stats();
    uint32_t free_before = esp_get_free_heap_size();
    char *a = heap_caps_malloc(1000, MALLOC_CAP_DEFAULT);
    char *b = heap_caps_calloc(10, 50, MALLOC_CAP_8BIT);
    assert_non_null(a);
    assert_int_equal(b[499], 0);
    assert_int_equal(esp_get_free_heap_size(), free_before - 1500);
    assert_int_equal(heap_stats().blocks, before.blocks + 2);
    memcpy(a, "keep", 5);
    a = heap_caps_realloc(a, 2000, MALLOC_CAP_DEFAULT);
    assert_string_equal(a, "keep");
    assert_int_equal(esp_get_free_heap_size(), free_before - 2500);
    heap_caps_free(a);
    heap_caps_free(b);
    heap_caps_free(NULL);
    assert_int_equal(heap_stats().in_use, before.in_use);
    assert_int_equal(heap_stats().blocks, before.blocks);
    assert_true(esp_get_minimum_free_heap_size() <= free_before - 2500);
    assert_int_equal(heap_stats().allocations, before.allocations + 3);
}

static void memory_that_the_device_lacks_is_not_given(void **state)
{
    (void)state;
    assert_null(heap_caps_malloc(16, MALLOC_CAP_SPIRAM));
    assert_int_equal(heap_caps_get_free_size(MALLOC_CAP_SPIRAM), 0);
    assert_null(heap_caps_malloc(esp_get_free_heap_size() + 1, MALLOC_CAP_DEFAULT));
    assert_null(heap_caps_calloc(SIZE_MAX / 2, 4, MALLOC_CAP_DEFAULT));
    assert_null(heap_caps_aligned_alloc(3, 16, MALLOC_CAP_DEFAULT));
    void *aligned = heap_caps_aligned_alloc(64, 100, MALLOC_CAP_DEFAULT);
    assert_int_equal((uintptr_t)aligned % 64, 0);
    heap_caps_free(aligned);
    void *preferred = heap_caps_malloc_prefer(16, 2, MALLOC_CAP_SPIRAM, MALLOC_CAP_DEFAULT);
    assert_non_null(preferred);
    heap_caps_free(preferred);
}

static void a_chosen_allocation_fails_once(void **state)
{
    (void)state;
    heap_arm_failure(heap_stats().allocations + 1);
    void *a = heap_caps_malloc(16, MALLOC_CAP_DEFAULT);
    void *b = heap_caps_malloc(16, MALLOC_CAP_DEFAULT);
    void *c = heap_caps_malloc(16, MALLOC_CAP_DEFAULT);
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    heap_caps_free(a);
    heap_caps_free(c);
}

static void firmware_may_free_with_free(void **state)
{
    (void)state;
    struct heap_stats before = heap_stats();
    free(heap_caps_malloc(48, MALLOC_CAP_DEFAULT));
    void *again[64];
    for (size_t i = 0; i < 64; i++) {
        again[i] = heap_caps_malloc(48, MALLOC_CAP_DEFAULT);
    }
    for (size_t i = 0; i < 64; i++) {
        heap_caps_free(again[i]);
    }
    assert_true(heap_stats().blocks <= before.blocks + 1);
}

static void quirks_are_on_unless_the_run_is_strict(void **state)
{
    (void)state;
    assert_true(quirk(QUIRK_REDIRECT_UNLIMITED));
    test_boot.strict = true;
    assert_false(quirk(QUIRK_REDIRECT_UNLIMITED));
    assert_string_equal(quirk_info(QUIRK_REDIRECT_UNLIMITED)->name, "redirect-unlimited");
    for (int id = 0; id < QUIRK_COUNT; id++) {
        assert_non_null(quirk_info((enum quirk_id)id)->summary);
        assert_non_null(quirk_info((enum quirk_id)id)->catalogue);
    }
}

static void a_quirk_is_reported_once_a_boot(void **state)
{
    (void)state;
    FILE *file = capture_begin();
    quirk_met(QUIRK_REDIRECT_UNLIMITED);
    quirk_met(QUIRK_REDIRECT_UNLIMITED);
    json_t *trace = capture_end(file);
    assert_int_equal(captured_count(trace, "quirk"), 1);
    assert_string_equal(captured_text(trace, "quirk", 0, "name"), "redirect-unlimited");
    json_decref(trace);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(errors_have_names),
        TEST(a_failed_check_is_a_panic_that_says_where),
        TEST(check_macros_log_and_leave),
        TEST(log_lines_are_traced_without_their_prefix),
        TEST(a_tag_can_be_made_quieter_or_louder),
        TEST(a_printed_line_has_the_devices_format),
        TEST(a_restart_runs_the_last_handler_first),
        TEST(time_and_reset_reason_are_the_devices),
        TEST(boots_end_as_they_should),
        TEST(random_numbers_repeat_with_the_seed),
        TEST(the_heap_counts_what_is_in_use),
        TEST(memory_that_the_device_lacks_is_not_given),
        TEST(a_chosen_allocation_fails_once),
        TEST(firmware_may_free_with_free),
        TEST(quirks_are_on_unless_the_run_is_strict),
        TEST(a_quirk_is_reported_once_a_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
