/* The verdict on the update's calls: which one failed, and with what. */
#include "judge.h"
#include "text.h"
#include "trace_file.h"

#define ERR_HTTPS_OTA_IN_PROGRESS 0x9001

/* The calls whose failure is the update's failure. */
static bool is_one_of(const char *function, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (judge_equal(function, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_update_call(const char *function)
{
    static const char *const calls[] = {
        "esp_https_ota",
        "esp_https_ota_begin",
        "esp_https_ota_get_img_desc",
        "esp_https_ota_perform",
        "esp_https_ota_finish",
        "esp_ota_begin",
        "esp_ota_resume",
        "esp_ota_write",
        "esp_ota_write_with_offset",
        "esp_ota_end",
        "esp_ota_set_boot_partition",
        "esp_http_client_open",
        "esp_encrypted_img_decrypt_end",
    };
    return is_one_of(function, calls, sizeof calls / sizeof calls[0]);
}

static bool begins_attempt(const char *function)
{
    static const char *const calls[] = {"esp_https_ota", "esp_https_ota_begin", "esp_ota_begin",
                                        "esp_ota_resume"};
    return is_one_of(function, calls, sizeof calls / sizeof calls[0]);
}

const json_t *run_update_call(const json_t *trace)
{
    const json_t *last = NULL, *first_failure = NULL;
    bool failed = false;
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *record = json_array_get(trace, i);
        const char *function = judge_text(record, "fn");
        if (!judge_equal(judge_text(record, "kind"), "call") || !is_update_call(function) ||
            (failed && !begins_attempt(function))) {
            continue;
        }
        json_int_t result = json_integer_value(json_object_get(record, "ret"));
        last = record;
        failed = result != ESP_OK && result != ERR_HTTPS_OTA_IN_PROGRESS;
        if (failed && first_failure == NULL) {
            first_failure = record;
        }
    }
    return failed ? first_failure : last;
}

/* As "ESP_FAIL (0xffffffff) from esp_ota_end"; the call may be NULL. */
static char *failure_text(esp_err_t code, const char *function)
{
    const char *from = function != NULL ? " from " : "";
    function = function != NULL ? function : "";
    /* A negated code has no name of its own, but says more by the code's than by a number. */
    if (code < ESP_FAIL) {
        return text_format("-%s (%d)%s%s", esp_err_to_name(-code), code, from, function);
    }
    return text_format("%s (0x%x)%s%s", esp_err_to_name(code), (unsigned)code, from, function);
}

void judge_call(const struct run_evidence *evidence, struct run_result *result)
{
    const struct scenario_expect *expect = &evidence->scenario->expect;
    const json_t *call = run_update_call(result->trace);
    if (call == NULL && expect->no_update) {
        return;
    }
    if (call == NULL) {
        const json_t *end = trace_first(result->trace, "end");
        run_mismatch(
            result, "result", failure_text(expect->result, expect->failed_in),
            text_format("the update never returned (boot ended: %s %s)",
                        end != NULL ? judge_text(end, "how") : "?",
                        judge_text(end, "detail") != NULL ? judge_text(end, "detail") : ""));
        return;
    }
    esp_err_t actual = (esp_err_t)json_integer_value(json_object_get(call, "ret"));
    const char *function = judge_text(call, "fn");
    bool in_that_call = expect->failed_in == NULL || judge_equal(function, expect->failed_in);
    if (actual != expect->result || !in_that_call) {
        run_mismatch(result, "result", failure_text(expect->result, expect->failed_in),
                     failure_text(actual, function));
    }
}
