#include "test_rtos.h"

#include "../esp/heap.h"
#include "esp_flash.h"
#include "esp_task_wdt.h"

static void say_name(void *argument)
{
    step(pcTaskGetName(NULL));
    if (argument != NULL) {
        vTaskDelay(1);
        step(pcTaskGetName(NULL));
    }
    vTaskDelete(NULL);
}

static void make_three(void)
{
    xTaskCreate(say_name, "low", 2048, NULL, 0, NULL);
    xTaskCreate(say_name, "same", 2048, NULL, 1, NULL);
    xTaskCreate(say_name, "high", 2048, NULL, 2, NULL);
    step("main");
}

static void the_more_important_runs_at_once(void **state)
{
    (void)state;
    assert_steps(make_three, "high main same low");
}

static void make_equals(void)
{
    xTaskCreate(say_name, "a", 2048, "again", 3, NULL);
    xTaskCreate(say_name, "b", 2048, "again", 3, NULL);
    step("main");
}

static void equals_take_turns(void **state)
{
    (void)state;
    assert_steps(make_equals, "a b main a b");
}

static void report(void *argument)
{
    for (int i = 0; i < 3; i++) {
        vTaskDelay(pdMS_TO_TICKS(1000));
        step_at(argument);
    }
    vTaskDelete(NULL);
}

static void work_and_report(void)
{
    xTaskCreate(report, "report", 2048, "report", 5, NULL);
    uint32_t sector = 0x110000;
    for (int i = 0; i < 60; i++) { /* 37 ms each */
        esp_flash_erase_region(NULL, sector, 4096);
    }
    step("erased");
}

static void a_long_operation_is_interrupted_when_a_delay_is_over(void **state)
{
    (void)state;
    struct ended ended = run(work_and_report);
    assert_true(strncmp(ended.steps, "report@1", 8) == 0);
}

static void spin(void *argument)
{
    (void)argument;
    int64_t until = esp_timer_get_time() + 30000;
    while (esp_timer_get_time() < until) {
    }
    step("spun");
    vTaskDelete(NULL);
}

static void delay_under_load(void)
{
    xTaskCreate(spin, "spin", 2048, NULL, 0, NULL);
    vTaskDelay(1);
    step_at("main");
    TickType_t wake = xTaskGetTickCount();
    vTaskDelayUntil(&wake, 5);
    step_at("main");
}

static void polling_is_preempted_by_a_delay_that_is_over(void **state)
{
    (void)state;
    assert_steps(delay_under_load, "main@10 spun main@60");
}

static void never_ends(void *argument)
{
    (void)argument;
    while (true) {
        vTaskDelay(pdMS_TO_TICKS(500));
    }
}

static void main_returns(void)
{
    xTaskCreate(never_ends, "blink", 2048, NULL, 5, NULL);
}

static void tasks_outlive_app_main(void **state)
{
    (void)state;
    struct ended ended = run(main_returns);
    assert_int_equal(ended.how, BOOT_END_IDLE);
    assert_string_equal(ended.detail, "still running after 60 s of the device's time");
}

static void wait_for_nobody(void)
{
    ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
}

static void a_boot_without_a_future_says_who_waits(void **state)
{
    (void)state;
    struct ended ended = run(wait_for_nobody);
    assert_int_equal(ended.how, BOOT_END_IDLE);
    assert_string_equal(ended.detail, "main waits for ever");
}

static void returns(void *argument)
{
    (void)argument;
}

static void make_one_that_returns(void)
{
    xTaskCreate(returns, "careless", 2048, NULL, 5, NULL);
}

static void a_task_function_must_not_return(void **state)
{
    (void)state;
    struct ended ended = run(make_one_that_returns);
    assert_int_equal(ended.how, BOOT_END_PANIC);
    assert_non_null(strstr(ended.detail, "careless"));
}

static void take_all_memory(void)
{
    heap_set_size(heap_stats().in_use + 4000);
    TaskHandle_t task = NULL;
    if (xTaskCreate(say_name, "big", 4096, NULL, 5, &task) ==
        errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY) {
        step("refused");
    }
    size_t before = heap_stats().in_use;
    xTaskCreate(say_name, "small", 2048, NULL, 5, &task);
    vTaskDelay(1); /* the idle task gives its memory back */
    if (heap_stats().in_use == before) {
        step("freed");
    }
}

static void leave_later(void *argument)
{
    (void)argument;
    vTaskDelay(pdMS_TO_TICKS(1000));
    vTaskDelete(NULL);
}

static void outlive_it(void)
{
    size_t before = heap_stats().in_use;
    xTaskCreate(leave_later, "leaves", 2048, NULL, 1, NULL);
    vTaskDelay(pdMS_TO_TICKS(2000));
    step(heap_stats().in_use == before ? "given back" : "kept");
}

/* The idle task frees it, also when it is the only one left to run. */
static void a_stack_comes_back_when_all_others_wait(void **state)
{
    (void)state;
    assert_steps(outlive_it, "given back");
}

static void stacks_are_of_the_devices_heap(void **state)
{
    (void)state;
    assert_steps(take_all_memory, "refused small freed");
}

static void take_notes(void *argument)
{
    (void)argument;
    uint32_t value = 0;
    while (xTaskNotifyWait(0, UINT32_MAX, &value, pdMS_TO_TICKS(100)) == pdTRUE) {
        char text[16];
        snprintf(text, sizeof text, "%u", (unsigned)value);
        step(text);
    }
    step_at("late");
    vTaskDelete(NULL);
}

static void send_notes(void)
{
    TaskHandle_t task;
    xTaskCreate(take_notes, "notes", 2048, NULL, 5, &task);
    xTaskNotify(task, 4, eSetBits);
    vTaskSuspendAll();
    xTaskNotify(task, 1, eSetBits);
    xTaskNotify(task, 2, eSetBits);
    if (xTaskNotify(task, 8, eSetValueWithoutOverwrite) == pdFAIL) {
        step("kept");
    }
    step("main");
    xTaskResumeAll();
    step("resumed");
}

static void notifications_gather_while_the_scheduler_is_suspended(void **state)
{
    (void)state;
    assert_steps(send_notes, "4 kept main 3 resumed late@100");
}

static void suspend_and_delete(void)
{
    TaskHandle_t task;
    xTaskCreate(report, "report", 2048, "report", 5, &task);
    vTaskDelay(pdMS_TO_TICKS(1500));
    vTaskSuspend(task);
    vTaskDelay(pdMS_TO_TICKS(5000));
    step(eTaskGetState(task) == eSuspended ? "suspended" : "?");
    vTaskResume(task);
    vTaskDelay(pdMS_TO_TICKS(500));
    vTaskDelete(task);
    vTaskDelay(pdMS_TO_TICKS(5000));
    step(eTaskGetState(task) == eDeleted ? "deleted" : "?");
}

static void a_task_can_be_suspended_and_deleted(void **state)
{
    (void)state;
    assert_steps(suspend_and_delete, "report@1000 suspended report@6500 deleted");
}

static void use_after_delete(void)
{
    TaskHandle_t task;
    xTaskCreate(report, "report", 2048, "report", 5, &task);
    vTaskDelete(task);
    vTaskSuspend(task);
}

static void block_in_a_critical_section(void)
{
    static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;
    portENTER_CRITICAL(&lock);
    vTaskDelay(1);
}

static void misuse_is_a_panic(void **state)
{
    (void)state;
    assert_int_equal(run(use_after_delete).how, BOOT_END_PANIC);
    assert_int_equal(run(block_in_a_critical_section).how, BOOT_END_PANIC);
}

static void starve(void)
{
    while (true) {
        esp_timer_get_time();
    }
}

static void starving_the_idle_task_wakes_the_watchdog(void **state)
{
    (void)state;
    struct rtos_config config = {.tick_hz = 100, .watchdog_timeout_s = 5, .watchdog_panics = true};
    struct ended ended = run_config(starve, &config);
    assert_int_equal(ended.how, BOOT_END_WATCHDOG);
    assert_true(ended.log_lines >= 4);

    config.watchdog_panics = false;
    ended = run_config(starve, &config);
    assert_int_equal(ended.how, BOOT_END_HANG);
    assert_true(ended.log_lines >= 11 * 4); /* it barks every five seconds, and nobody cares */
}

static void forget_to_reset(void)
{
    esp_task_wdt_add(NULL);
    for (int i = 0; i < 4; i++) {
        vTaskDelay(pdMS_TO_TICKS(3000));
        step_at("reset");
        esp_task_wdt_reset();
    }
    vTaskDelay(portMAX_DELAY);
}

static void a_watched_task_must_reset_the_watchdog(void **state)
{
    (void)state;
    const struct rtos_config config = {
        .tick_hz = 100, .watchdog_timeout_s = 5, .watchdog_panics = true};
    struct ended ended = run_config(forget_to_reset, &config);
    assert_int_equal(ended.how, BOOT_END_WATCHDOG);
    assert_string_equal(ended.steps, "reset@3000 reset@6000 reset@9000 reset@12000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_more_important_runs_at_once),
        TEST(equals_take_turns),
        TEST(a_long_operation_is_interrupted_when_a_delay_is_over),
        TEST(polling_is_preempted_by_a_delay_that_is_over),
        TEST(tasks_outlive_app_main),
        TEST(a_boot_without_a_future_says_who_waits),
        TEST(a_task_function_must_not_return),
        TEST(stacks_are_of_the_devices_heap),
        TEST(a_stack_comes_back_when_all_others_wait),
        TEST(notifications_gather_while_the_scheduler_is_suspended),
        TEST(a_task_can_be_suspended_and_deleted),
        TEST(misuse_is_a_panic),
        TEST(starving_the_idle_task_wakes_the_watchdog),
        TEST(a_watched_task_must_reset_the_watchdog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
