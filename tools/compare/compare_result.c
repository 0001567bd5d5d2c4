/* What the update came to. */
#include <stdlib.h>

#include "compare_parts.h"
#include "esp_err.h"
#include "text.h"

#define ERR_HTTPS_OTA_IN_PROGRESS 0x9001

static char *code_text(esp_err_t code)
{
    if (code < ESP_FAIL) {
        return text_format("-%s (%d)", esp_err_to_name(-code), code);
    }
    return text_format(code == ESP_FAIL ? "%s (%d)" : "%s (0x%x)", esp_err_to_name(code), code);
}

static const struct ota_fact *find_fact(const struct comparing *comparing, enum ota_fact_kind kind,
                                        int64_t value, bool any_value, bool last)
{
    const struct ota_fact *found = NULL;
    for (size_t i = comparing->begin; i < comparing->end && (found == NULL || last); i++) {
        const struct ota_fact *fact = &comparing->facts->facts[i];
        if (fact->kind == kind && (any_value || fact->value == value) &&
            ota_fact_is_activity(fact)) {
            found = fact;
        }
    }
    return found;
}

/* The line that says, last of all, that the update is in place. */
static const struct ota_fact *find_success(const struct comparing *comparing)
{
    const struct ota_fact *finish = find_fact(comparing, OTA_FACT_EVENT, EVENT_FINISH, false, true);
    const struct ota_fact *done = find_fact(comparing, OTA_FACT_DONE, 0, true, true);
    return done != NULL ? done : finish;
}

static const struct ota_fact *find_failure(const struct comparing *comparing)
{
    const struct ota_fact *code = find_fact(comparing, OTA_FACT_ERROR, 0, true, false);
    const struct ota_fact *failed = find_fact(comparing, OTA_FACT_FAILED, 0, true, false);
    const struct ota_fact *aborted =
        find_fact(comparing, OTA_FACT_EVENT, EVENT_ABORT, false, false);
    return code != NULL ? code : failed != NULL ? failed : aborted;
}

static bool is_after(const struct ota_fact *a, const struct ota_fact *b)
{
    return a != NULL && (b == NULL || a->entry > b->entry);
}

static const struct ota_fact *last_failure(const struct comparing *comparing)
{
    const struct ota_fact *last = find_fact(comparing, OTA_FACT_ERROR, 0, true, true);
    const struct ota_fact *failed = find_fact(comparing, OTA_FACT_FAILED, 0, true, true);
    return is_after(failed, last) ? failed : last;
}

static void expect_success(const struct comparing *comparing)
{
    const struct ota_fact *success = find_success(comparing);
    const struct ota_fact *failure = last_failure(comparing);
    char *expected = code_text(ESP_OK);
    if (is_after(failure, success) && !comparing->several) {
        comparing_add(comparing, COMPARISON_DEPARTS, "result", failure->entry, expected,
                      text_format("the update failed"));
    } else if (success != NULL) {
        comparing_add(comparing, COMPARISON_AGREES, "result", success->entry, expected,
                      text_format("the update is done"));
    } else {
        comparing_add(comparing, COMPARISON_NOT_SAID, "result", NULL, expected,
                      text_format("no line says that the update is done, or that it failed"));
    }
}

static void expect_failure(const struct comparing *comparing)
{
    esp_err_t code = comparing->expect->result;
    const struct ota_fact *named = find_fact(comparing, OTA_FACT_ERROR, code, false, false);
    if (named == NULL && code < ESP_FAIL) {
        named = find_fact(comparing, OTA_FACT_ERROR, -code, false, false);
    }
    const struct ota_fact *other = find_fact(comparing, OTA_FACT_ERROR, 0, true, false);
    const struct ota_fact *failure = find_failure(comparing);
    const struct ota_fact *success = find_success(comparing);
    char *expected = code_text(code);
    if (is_after(success, last_failure(comparing))) {
        comparing_add(comparing, COMPARISON_DEPARTS, "result", success->entry, expected,
                      text_format("the update is done"));
    } else if (named != NULL) {
        comparing_add(comparing, COMPARISON_AGREES, "result", named->entry, expected,
                      text_format("the same error"));
    } else if (other != NULL && code != ERR_HTTPS_OTA_IN_PROGRESS) {
        comparing_add(comparing, COMPARISON_DEPARTS, "result", other->entry, expected,
                      code_text((esp_err_t)other->value));
    } else if (failure != NULL) {
        /* It does not name the error, or gave up what never failed: the error is its own then. */
        free(expected);
        comparing_add(comparing, COMPARISON_AGREES, "failure", failure->entry,
                      text_format("the update fails"), text_format("it fails"));
    } else {
        comparing_add(comparing, COMPARISON_NOT_SAID, "result", NULL, expected,
                      text_format("no line names an error, or says that the update is done"));
    }
}

void compare_result(const struct comparing *comparing)
{
    if (comparing->expect->no_update) {
        return; /* no call fails, and none need succeed: what boots tells */
    }
    if (comparing->expect->result == ESP_OK) {
        expect_success(comparing);
    } else {
        expect_failure(comparing);
    }
}

void compare_tls_error(const struct comparing *comparing)
{
    int code = comparing->expect->tls_error;
    if (code == 0) {
        return;
    }
    const struct ota_fact *same = find_fact(comparing, OTA_FACT_TLS_ERROR, code, false, false);
    const struct ota_fact *other = find_fact(comparing, OTA_FACT_TLS_ERROR, 0, true, false);
    char *expected = text_format("-0x%04x", (unsigned)-code);
    if (same != NULL) {
        comparing_add(comparing, COMPARISON_AGREES, "TLS error", same->entry, expected,
                      text_format("the same code"));
    } else if (other != NULL) {
        comparing_add(comparing, COMPARISON_DEPARTS, "TLS error", other->entry, expected,
                      text_format("-0x%04x", (unsigned)-other->value));
    } else {
        comparing_add(comparing, COMPARISON_NOT_SAID, "TLS error", NULL, expected,
                      text_format("no line of esp-tls has a code"));
    }
}
