/* For tests: firmware in a boot of its own, which says what it does with step(). */
#pragma once

#include "../esp/test_device.h"

#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "scheduler.h"

/** What the boot does, in the order in which it does it. */
static inline void step(const char *text)
{
    trace_recordf("step", "{s:s}", "text", text);
}

static inline void step_at(const char *text)
{
    char line[64];
    snprintf(line, sizeof line, "%s@%u", text, (unsigned)(rtos_now_us() / 1000u));
    step(line);
}

struct ended {
    int how;
    char detail[200];
    char steps[600]; /* with blanks between them */
    unsigned log_lines;
};

static void (*boot_body)(void);
static struct rtos_config boot_config;

static inline void begin_main(void)
{
    rtos_start(&boot_config);
    boot_body();
    rtos_main_returned();
}

static inline void ring_time_is_up(void *context)
{
    (void)context;
    rtos_time_is_up();
}

/** Boots that firmware for at most a minute of its own time. */
static inline struct ended run_config(void (*body)(void), const struct rtos_config *config)
{
    struct device *device = begin_boot(&(struct device_config){0});
    FILE *file = capture_begin();
    boot_body = body;
    boot_config = *config;
    device_set_alarm(device, device->now_us + 60000000, ring_time_is_up, NULL);
    struct ended ended = {.how = end_of(begin_main)};
    device_set_alarm(device, 0, NULL, NULL);
    json_t *trace = capture_end(file);
    snprintf(ended.detail, sizeof ended.detail, "%s", captured_text(trace, "end", 0, "detail"));
    size_t used = 0;
    for (size_t i = 0; i < captured_count(trace, "step") && used < sizeof ended.steps; i++) {
        used += (size_t)snprintf(ended.steps + used, sizeof ended.steps - used, "%s%s",
                                 i > 0 ? " " : "", captured_text(trace, "step", i, "text"));
    }
    ended.log_lines = (unsigned)captured_count(trace, "log");
    json_decref(trace);
    end_boot(device);
    return ended;
}

static inline struct ended run(void (*body)(void))
{
    return run_config(body, &(struct rtos_config){.tick_hz = 100, .watchdog_timeout_s = 5});
}

#define TEST(name) cmocka_unit_test(name)

#define assert_steps(body, expected)                                                               \
    do {                                                                                           \
        struct ended ended_ = run(body);                                                           \
        assert_string_equal(ended_.steps, expected);                                               \
        assert_int_equal(ended_.how, BOOT_END_IDLE);                                               \
    } while (0)
