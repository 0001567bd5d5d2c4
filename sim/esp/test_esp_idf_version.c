#include "esp_event.h"
#include "esp_idf_version.h"
#include "firmware_module.h"
#include "idf_version.h"
#include "otasim_quirk.h"
#include "test_device.h"

ESP_EVENT_DEFINE_BASE(FRUIT);
ESP_EVENT_DEFINE_BASE(STONE);

static const struct firmware_event events[] = {
    {"FRUIT", 0, "APPLE"}, {"FRUIT", 1, "PEAR"}, {"STONE", 1, "FLINT"}, {NULL, 0, NULL}};
static const struct firmware_module firmware = {
    .idf_version = ESP_IDF_VERSION_VAL(5, 1, 7), .idf_version_text = "v5.1.7", .event = events};

static void the_running_firmware_says_which_release_it_is_for(void **state)
{
    (void)state;
    assert_int_equal(idf_version(), ESP_IDF_VERSION_VAL(6, 1, 0));
    assert_string_equal(esp_get_idf_version(), "");
    const struct boot boot = {.module = &firmware};
    boot_set_current(&boot);
    assert_int_equal(idf_version(), 0x050107);
    assert_int_equal(idf_release(), 0x050107);
    assert_string_equal(esp_get_idf_version(), "v5.1.7");
    boot_set_current(NULL);
}

static void a_run_may_ask_for_the_behaviour_of_another_release(void **state)
{
    (void)state;
    const struct boot boot = {.module = &firmware, .release = ESP_IDF_VERSION_VAL(4, 4, 8)};
    boot_set_current(&boot);
    assert_int_equal(idf_version(), 0x050107);
    assert_int_equal(idf_release(), 0x040408);
    assert_true(quirk(QUIRK_NO_EVENTS));
    assert_false(quirk(QUIRK_SEQ_WRAPS) && quirk(QUIRK_RESELECT_UNCONFIRMS));
    boot_set_current(NULL);
    assert_false(quirk(QUIRK_NO_EVENTS));
    assert_true(quirk(QUIRK_RESELECT_UNCONFIRMS));
}

static const char *name_in_trace(esp_event_base_t base, int32_t id)
{
    static char name[16];
    FILE *file = capture_begin();
    esp_event_post(base, id, NULL, 0, 0);
    json_t *trace = capture_end(file);
    const char *text = NULL;
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *value = json_object_get(json_array_get(trace, i), "name");
        text = json_is_string(value) ? json_string_value(value) : text;
    }
    snprintf(name, sizeof name, "%s", text != NULL ? text : "");
    json_decref(trace);
    return name;
}

static void events_are_traced_by_the_name_that_the_release_has_for_them(void **state)
{
    (void)state;
    const struct boot boot = {.module = &firmware};
    boot_set_current(&boot);
    assert_string_equal(name_in_trace(FRUIT, 1), "PEAR");
    assert_string_equal(name_in_trace(STONE, 1), "FLINT");
    assert_string_equal(name_in_trace(STONE, 0), "");
    boot_set_current(NULL);
    assert_string_equal(name_in_trace(FRUIT, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_running_firmware_says_which_release_it_is_for),
        cmocka_unit_test(a_run_may_ask_for_the_behaviour_of_another_release),
        cmocka_unit_test(events_are_traced_by_the_name_that_the_release_has_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
