#include "esp_event.h"
#include "heap.h"
#include "test_device.h"

ESP_EVENT_DEFINE_BASE(FRUIT);
ESP_EVENT_DEFINE_BASE(STONE);

static char calls[256]; /* what was called, in order */

static void note(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    size_t used = strlen(calls);
    snprintf(calls + used, sizeof calls - used, "%s:%s%d%s ", (const char *)argument, base, (int)id,
             data != NULL ? "+" : "");
}

static int set_up(void **state)
{
    (void)state;
    calls[0] = '\0';
    return esp_event_loop_create_default() == ESP_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return esp_event_loop_delete_default() == ESP_OK ? 0 : -1;
}

static void matching_handlers_are_called_in_the_order_of_registration(void **state)
{
    (void)state;
    esp_event_handler_register(FRUIT, 2, note, "one");
    esp_event_handler_instance_register(FRUIT, ESP_EVENT_ANY_ID, note, "all", NULL);
    esp_event_handler_register(ESP_EVENT_ANY_BASE, ESP_EVENT_ANY_ID, note, "any");
    esp_event_handler_register(STONE, 2, note, "stone");

    assert_int_equal(esp_event_post(FRUIT, 2, "data", 5, portMAX_DELAY), ESP_OK);
    assert_string_equal(calls, "one:FRUIT2+ all:FRUIT2+ any:FRUIT2+ ");
    calls[0] = '\0';
    assert_int_equal(esp_event_post(STONE, 1, NULL, 0, 0), ESP_OK);
    assert_string_equal(calls, "any:STONE1 ");
}

static void without_a_loop_nothing_can_be_done_but_events_are_traced(void **state)
{
    (void)state;
    esp_event_loop_delete_default();
    assert_int_equal(esp_event_handler_register(FRUIT, 1, note, NULL), ESP_ERR_INVALID_STATE);
    FILE *file = capture_begin();
    assert_int_equal(esp_event_post(FRUIT, 1, NULL, 0, 0), ESP_ERR_INVALID_STATE);
    json_t *trace = capture_end(file);
    assert_int_equal(captured_count(trace, "event"), 1);
    json_decref(trace);
    assert_int_equal(esp_event_loop_delete_default(), ESP_ERR_INVALID_STATE);
    assert_int_equal(esp_event_loop_create_default(), ESP_OK);
    assert_int_equal(esp_event_loop_create_default(), ESP_ERR_INVALID_STATE);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    assert_int_equal(esp_event_handler_register(ESP_EVENT_ANY_BASE, 1, note, NULL),
                     ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_handler_register(FRUIT, 1, NULL, NULL), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_post(ESP_EVENT_ANY_BASE, 1, NULL, 0, 0), ESP_ERR_INVALID_ARG);
    assert_int_equal(esp_event_post(FRUIT, ESP_EVENT_ANY_ID, NULL, 0, 0), ESP_ERR_INVALID_ARG);
}

static void a_handler_can_be_taken_back(void **state)
{
    (void)state;
    esp_event_handler_instance_t first, second;
    esp_event_handler_register(FRUIT, 1, note, "old");
    esp_event_handler_register(FRUIT, 1, note, "new"); /* only changes the argument */
    esp_event_handler_instance_register(FRUIT, 1, note, "first", &first);
    esp_event_handler_instance_register(FRUIT, 1, note, "second", &second);
    esp_event_post(FRUIT, 1, NULL, 0, 0);
    assert_string_equal(calls, "new:FRUIT1 first:FRUIT1 second:FRUIT1 ");

    calls[0] = '\0';
    assert_int_equal(esp_event_handler_instance_unregister(FRUIT, 1, first), ESP_OK);
    assert_int_equal(esp_event_handler_unregister(FRUIT, 1, note), ESP_OK);
    assert_int_equal(esp_event_handler_unregister(FRUIT, 1, note), ESP_OK);
    esp_event_post(FRUIT, 1, NULL, 0, 0);
    assert_string_equal(calls, "second:FRUIT1 ");
}

static void post_a_stone(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    note(argument, base, id, data);
    assert_int_equal(esp_event_post(STONE, id, NULL, 0, 0), ESP_OK);
}

static void a_post_from_a_handler_waits_its_turn(void **state)
{
    (void)state;
    esp_event_handler_register(FRUIT, 1, post_a_stone, "posts");
    esp_event_handler_register(STONE, 1, note, "stone");
    esp_event_handler_register(FRUIT, 1, note, "last");
    esp_event_post(FRUIT, 1, NULL, 0, 0);
    assert_string_equal(calls, "posts:FRUIT1 last:FRUIT1 stone:STONE1 ");
}

static void unregister_all(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    note(argument, base, id, data);
    esp_event_handler_unregister(FRUIT, 1, unregister_all);
    esp_event_handler_unregister(FRUIT, 1, note);
}

static void a_handler_may_unregister_itself_and_others(void **state)
{
    (void)state;
    esp_event_handler_register(FRUIT, 1, unregister_all, "once");
    esp_event_handler_register(FRUIT, 1, note, "never");
    esp_event_post(FRUIT, 1, NULL, 0, 0);
    esp_event_post(FRUIT, 1, NULL, 0, 0);
    assert_string_equal(calls, "once:FRUIT1 ");
}

static esp_err_t last_post;

static void post_too_many(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    (void)argument, (void)base, (void)id, (void)data;
    for (int i = 0; i < 33; i++) {
        last_post = esp_event_post(STONE, i, NULL, 0, portMAX_DELAY);
        assert_int_equal(last_post, i < 32 ? ESP_OK : ESP_ERR_TIMEOUT);
    }
}

static void the_queue_holds_thirty_two(void **state)
{
    (void)state;
    esp_event_handler_register(FRUIT, 1, post_too_many, NULL);
    esp_event_post(FRUIT, 1, NULL, 0, 0);
    assert_int_equal(last_post, ESP_ERR_TIMEOUT);
    assert_int_equal(esp_event_post(STONE, 1, NULL, 0, 0), ESP_OK);
}

static void post_again(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    (void)argument, (void)data;
    esp_event_post(base, id, NULL, 0, 0);
}

static void post_without_end(void)
{
    esp_event_loop_delete_default(); /* its task has stayed in the process that forked this one */
    esp_event_loop_create_default();
    esp_event_handler_register(FRUIT, 1, post_again, NULL);
    esp_event_post(FRUIT, 1, NULL, 0, 0);
}

static void handlers_that_post_without_end_meet_the_watchdog(void **state)
{
    (void)state;
    assert_int_equal(end_of(post_without_end), BOOT_END_WATCHDOG);
}

static void events_are_traced_with_their_data_as_a_number(void **state)
{
    (void)state;
    const uint16_t chip = 0xFFFE;
    const int written = 1024, negative = -1;
    const void *pointer = &chip;
    FILE *file = capture_begin();
    esp_event_post(FRUIT, 1, &chip, sizeof chip, 0);
    esp_event_post(FRUIT, 2, &written, sizeof written, 0);
    esp_event_post(FRUIT, 3, &negative, sizeof negative, 0);
    esp_event_post(FRUIT, 4, &pointer, sizeof pointer, 0);
    esp_event_post(FRUIT, 5, "abc", 3, 0);
    json_t *trace = capture_end(file);

    static const json_int_t expected[] = {0xFFFE, 1024, -1};
    assert_string_equal(captured_text(trace, "event", 0, "base"), "FRUIT");
    for (size_t i = 0; i < 3; i++) {
        const json_t *record = json_array_get(trace, i);
        assert_int_equal(json_integer_value(json_object_get(record, "id")), i + 1);
        assert_int_equal(json_integer_value(json_object_get(record, "data")), expected[i]);
    }
    /* A pointer would differ in every run. */
    assert_true(json_is_null(json_object_get(json_array_get(trace, 3), "data")));
    const json_t *last = json_array_get(trace, 4);
    assert_true(json_is_null(json_object_get(last, "data")));
    assert_int_equal(json_integer_value(json_object_get(last, "len")), 3);
    json_decref(trace);
}

static void the_handler_gets_a_copy_of_the_data(void **state)
{
    (void)state;
    size_t blocks = heap_stats().blocks;
    heap_arm_failure(heap_stats().allocations);
    assert_int_equal(esp_event_post(FRUIT, 1, "x", 1, 0), ESP_ERR_NO_MEM);
    assert_int_equal(esp_event_post(FRUIT, 1, "x", 1, 0), ESP_OK);
    assert_int_equal(heap_stats().blocks, blocks);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(matching_handlers_are_called_in_the_order_of_registration),
        TEST(without_a_loop_nothing_can_be_done_but_events_are_traced),
        TEST(arguments_are_checked),
        TEST(a_handler_can_be_taken_back),
        TEST(a_post_from_a_handler_waits_its_turn),
        TEST(a_handler_may_unregister_itself_and_others),
        TEST(the_queue_holds_thirty_two),
        TEST(handlers_that_post_without_end_meet_the_watchdog),
        TEST(events_are_traced_with_their_data_as_a_number),
        TEST(the_handler_gets_a_copy_of_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
