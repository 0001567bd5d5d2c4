#include "test_rtos.h"

#include "../esp/heap.h"
#include "freertos/event_groups.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/timers.h"

static void say_number(const char *prefix, unsigned number)
{
    char text[32];
    snprintf(text, sizeof text, "%s%u", prefix, number);
    step(text);
}

static QueueHandle_t queue;

static void eat(void *argument)
{
    (void)argument;
    int item;
    while (xQueueReceive(queue, &item, pdMS_TO_TICKS(1000)) == pdTRUE) {
        say_number("got", (unsigned)item);
        vTaskDelay(1);
    }
    step_at("hungry");
    vTaskDelete(NULL);
}

static void feed(void)
{
    queue = xQueueCreate(2, sizeof(int));
    xTaskCreate(eat, "eater", 2048, NULL, 5, NULL);
    for (int i = 1; i <= 4; i++) {
        xQueueSend(queue, &i, portMAX_DELAY);
        say_number("sent", (unsigned)i);
    }
    int urgent = 9;
    if (xQueueSendToFront(queue, &urgent, 0) == errQUEUE_FULL) {
        step("full");
    }
    vTaskDelay(2);
    xQueueSendToFront(queue, &urgent, 0);
}

static void a_full_queue_blocks_the_sender(void **state)
{
    (void)state;
    assert_steps(feed, "got1 sent1 sent2 sent3 got2 sent4 full got3 got4 got9 hungry@1050");
}

static void peek_and_overwrite(void)
{
    queue = xQueueCreate(1, sizeof(int));
    int item = 1;
    xQueueOverwrite(queue, &item);
    item = 2;
    xQueueOverwrite(queue, &item);
    item = 0;
    xQueuePeek(queue, &item, 0);
    say_number("peek", (unsigned)item);
    say_number("waiting", uxQueueMessagesWaiting(queue));
    say_number("room", uxQueueSpacesAvailable(queue));
    xQueueReset(queue);
    say_number("reset", uxQueueMessagesWaiting(queue));
    size_t before = heap_stats().in_use;
    vQueueDelete(queue);
    step(heap_stats().in_use < before ? "deleted" : "?");
}

static void a_mailbox_keeps_the_last(void **state)
{
    (void)state;
    assert_steps(peek_and_overwrite, "peek2 waiting1 room0 reset0 deleted");
}

static SemaphoreHandle_t mutex;

static void hold_long(void *argument)
{
    (void)argument;
    xSemaphoreTake(mutex, portMAX_DELAY);
    step("low-has-it");
    int64_t until = esp_timer_get_time() + 50000;
    while (esp_timer_get_time() < until) {
    }
    say_number("low-at-", uxTaskPriorityGet(NULL));
    xSemaphoreGive(mutex);
    say_number("low-at-", uxTaskPriorityGet(NULL));
    vTaskDelete(NULL);
}

static void busy(void *argument)
{
    (void)argument;
    step("middle");
    vTaskDelete(NULL);
}

static void invert(void)
{
    mutex = xSemaphoreCreateMutex();
    vTaskPrioritySet(NULL, 10);
    xTaskCreate(hold_long, "low", 2048, NULL, 2, NULL);
    vTaskDelay(1);
    xTaskCreate(busy, "middle", 2048, NULL, 5, NULL);
    xSemaphoreTake(mutex, portMAX_DELAY);
    step("high-has-it");
    xSemaphoreGive(mutex);
}

static void a_mutex_lends_its_holder_the_priority(void **state)
{
    (void)state;
    assert_steps(invert, "low-has-it low-at-10 high-has-it middle low-at-2");
}

static void give_up_waiting(void)
{
    mutex = xSemaphoreCreateMutex();
    vTaskPrioritySet(NULL, 10);
    xTaskCreate(hold_long, "low", 2048, NULL, 2, NULL);
    vTaskDelay(1);
    step(xSemaphoreTake(mutex, 2) == pdFALSE ? "in-vain" : "?");
    say_number("holder-at-", uxTaskPriorityGet(xSemaphoreGetMutexHolder(mutex)));
}

static void who_stops_waiting_takes_the_priority_back(void **state)
{
    (void)state;
    assert_steps(give_up_waiting, "low-has-it in-vain holder-at-2 low-at-2 low-at-2");
}

static void recursive(void)
{
    mutex = xSemaphoreCreateRecursiveMutex();
    xSemaphoreTakeRecursive(mutex, 0);
    xSemaphoreTakeRecursive(mutex, 0);
    xSemaphoreGiveRecursive(mutex);
    step(xSemaphoreGetMutexHolder(mutex) == xTaskGetCurrentTaskHandle() ? "held" : "?");
    xSemaphoreGiveRecursive(mutex);
    step(xSemaphoreGetMutexHolder(mutex) == NULL ? "free" : "?");
    step(xSemaphoreGiveRecursive(mutex) == pdFALSE ? "refused" : "?");
}

static void a_recursive_mutex_counts(void **state)
{
    (void)state;
    assert_steps(recursive, "held free refused");
}

static void count(void)
{
    SemaphoreHandle_t semaphore = xSemaphoreCreateCounting(2, 1);
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR(semaphore, &woken);
    step(xSemaphoreGive(semaphore) == pdFALSE ? "full" : "?");
    xSemaphoreTake(semaphore, 0);
    xSemaphoreTake(semaphore, 0);
    step(xSemaphoreTake(semaphore, 3) == pdFALSE ? "empty" : "?");
    step_at("now");
}

static void a_counting_semaphore_has_a_limit(void **state)
{
    (void)state;
    assert_steps(count, "full empty now@30");
}

static void give_anothers_mutex(void *argument)
{
    (void)argument;
    xSemaphoreGive(mutex);
    vTaskDelete(NULL);
}

static void steal(void)
{
    mutex = xSemaphoreCreateMutex();
    xSemaphoreTake(mutex, 0);
    xTaskCreate(give_anothers_mutex, "thief", 2048, NULL, 5, NULL);
}

static void use_none(void)
{
    xSemaphoreTake(NULL, 0);
}

static void misuse_is_a_panic(void **state)
{
    (void)state;
    struct ended ended = run(steal);
    assert_int_equal(ended.how, BOOT_END_PANIC);
    assert_non_null(strstr(ended.detail, "holder"));
    assert_int_equal(run(use_none).how, BOOT_END_PANIC);
}

static EventGroupHandle_t group;

static void wait_for_both(void *argument)
{
    EventBits_t bits = xEventGroupWaitBits(group, 3, pdTRUE, pdTRUE, portMAX_DELAY);
    say_number(argument, bits);
    vTaskDelete(NULL);
}

static void set_bits(void)
{
    group = xEventGroupCreate();
    xTaskCreate(wait_for_both, "one", 2048, "one", 5, NULL);
    xTaskCreate(wait_for_both, "two", 2048, "two", 6, NULL);
    say_number("set", xEventGroupSetBits(group, 1));
    say_number("set", xEventGroupSetBits(group, 6));
    say_number("timeout", xEventGroupWaitBits(group, 1, pdFALSE, pdFALSE, 5));
    step_at("now");
    BaseType_t woken = pdFALSE;
    xEventGroupSetBitsFromISR(group, 8, &woken);
    vTaskDelay(1);
    say_number("bits", xEventGroupGetBits(group));
    say_number("before", xEventGroupClearBits(group, 8));
}

static void all_who_wait_see_the_bits_before_they_are_cleared(void **state)
{
    (void)state;
    assert_steps(set_bits, "set1 two7 one7 set4 timeout4 now@50 bits12 before12");
}

static void tick(TimerHandle_t timer)
{
    step_at(pcTimerGetName(timer));
}

static void fire(void *argument)
{
    step_at(argument);
}

static void time_passes(void)
{
    TimerHandle_t once = xTimerCreate("once", pdMS_TO_TICKS(300), pdFALSE, NULL, tick);
    TimerHandle_t often = xTimerCreate("often", pdMS_TO_TICKS(200), pdTRUE, NULL, tick);
    xTimerStart(once, 0);
    xTimerStart(often, 0);
    vTaskDelay(pdMS_TO_TICKS(450));
    xTimerDelete(often, 0);
    step(xTimerIsTimerActive(once) == pdFALSE ? "done" : "?");
    xTimerChangePeriod(once, pdMS_TO_TICKS(100), 0);
    vTaskDelay(pdMS_TO_TICKS(450));
}

static void software_timers_ring(void **state)
{
    (void)state;
    assert_steps(time_passes, "often@200 once@300 often@400 done once@550");
}

static void microseconds_pass(void)
{
    esp_timer_handle_t once, often;
    esp_timer_create_args_t args = {.callback = fire, .arg = "once"};
    esp_timer_create(&args, &once);
    args.arg = "often";
    esp_timer_create(&args, &often);
    esp_timer_start_once(once, 2500);
    esp_timer_start_periodic(often, 1000);
    step(esp_timer_start_once(once, 1) == ESP_ERR_INVALID_STATE ? "running" : "?");
    step(esp_timer_delete(often) == ESP_ERR_INVALID_STATE ? "running" : "?");
    rtos_sleep_us(3500);
    esp_timer_stop(often);
    esp_timer_delete(often);
    step(esp_timer_stop(once) == ESP_ERR_INVALID_STATE ? "over" : "?");
    vTaskDelay(100);
}

static void high_resolution_timers_ring(void **state)
{
    (void)state;
    assert_steps(microseconds_pass, "running running often@1 often@2 once@2 often@3 over");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_queue_blocks_the_sender),
        TEST(a_mailbox_keeps_the_last),
        TEST(a_mutex_lends_its_holder_the_priority),
        TEST(who_stops_waiting_takes_the_priority_back),
        TEST(a_recursive_mutex_counts),
        TEST(a_counting_semaphore_has_a_limit),
        TEST(misuse_is_a_panic),
        TEST(all_who_wait_see_the_bits_before_they_are_cleared),
        TEST(software_timers_ring),
        TEST(high_resolution_timers_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
