/* The device, its firmware, the update that it is told of, and its supply. */
#include <inttypes.h>
#include <string.h>

#include "explain_parts.h"
#include "scenario_device.h"
#include "scenario_set.h"

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static void add_apps(struct text *out, const struct scenario *scenario)
{
    const struct scenario_device *device = &scenario->device;
    if (device->no_apps) {
        text_add(out, "; no app in any slot");
        return;
    }
    if (device->apps[0].label == NULL) {
        /* Whether a project's own table has a factory app is not looked up here. */
        bool known = strchr(scenario_partitions(scenario), '/') == NULL;
        text_add(out, "; %s in %s", or_else(scenario_project_version(scenario), "1.0.0"),
                 known ? "factory" : "the first app slot");
    }
    for (size_t i = 0; i < SCENARIO_MAX_APPS && device->apps[i].label != NULL; i++) {
        const struct app_image_spec *image = &device->apps[i].image;
        const char *file = device->apps[i].file;
        text_add(out, "; %s%s in %s%s", file != NULL ? "the file " : "",
                 file != NULL ? file : or_else(image->version, "2.0.0"), device->apps[i].label,
                 image->flaws != 0 ? " (damaged)" : "");
        explain_signing(out, &device->apps[i].signing);
    }
}

static void add_otadata(struct text *out, const struct scenario_device *device)
{
    for (size_t i = 0; i < 2; i++) {
        const struct scenario_otadata_entry *entry = &device->otadata[i];
        char state[16];
        if (entry->present) {
            text_add(out, "; otadata %zu: seq %" PRIu32 " %s%s", i, entry->seq,
                     otadata_state_name(entry->state, state), entry->bad_crc ? ", bad CRC" : "");
        }
    }
}

void explain_device(struct text *out, const struct scenario *scenario)
{
    const struct scenario_device *device = &scenario->device;
    text_add(out, "%s, partitions \"%s\"", or_else(device->chip, "esp32s3"),
             scenario_partitions(scenario));
    if (device->chip_revision != 0) {
        text_add(out, ", revision v%u.%u", device->chip_revision / 100u,
                 device->chip_revision % 100u);
    }
    if (device->secure_version != 0) {
        text_add(out, ", secure version %" PRIu32, device->secure_version);
    }
    text_add(out, "%s%s", device->flash_encryption ? ", flash encryption" : "",
             device->clock_not_set ? ", clock not set" : "");
    if (device->hmac_key != NULL) {
        text_add(out, ", HMAC key %s in efuse", device->hmac_key);
    }
    explain_secure_boot(out, device);
    add_apps(out, scenario);
    add_otadata(out, device);
    if (device->stdin_text != NULL) {
        text_add(out, "; typed at the console: %s", device->stdin_text);
    }
}

void explain_firmware(struct text *out, const struct scenario *scenario)
{
    text_add(out, "%s", scenario_firmware(scenario));
    for (size_t i = 0; i < SCENARIO_MAX_APPS && scenario->firmware_of[i].version != NULL; i++) {
        const struct scenario_behaviour *row = &scenario->firmware_of[i];
        text_add(out, "; %s%s runs %s", row->version[0] == '*' ? "" : "version ",
                 row->version[0] == '*' ? "any other version" : row->version,
                 or_else(row->firmware, "nothing: it boots and idles"));
    }
}

static void add_flags(struct text *out, const struct update_plan *plan)
{
    const struct {
        bool set;
        const char *word;
    } flags[] = {
        {plan->no_cert, "no certificate"},
        {plan->skip_cert_common_name_check, "skip_cert_common_name_check"},
        {plan->get_img_desc, "esp_https_ota_get_img_desc()"},
        {plan->bulk_flash_erase, "bulk_flash_erase"},
        {plan->partial_http_download, "partial_http_download"},
        {plan->ota_resumption, "ota_resumption"},
        {plan->restart, "esp_restart() after success"},
        {plan->confirm, "confirms itself first"},
        {plan->fail_allocations, "an allocation fails in each attempt"},
    };
    const struct {
        int value;
        const char *word;
    } numbers[] = {
        {plan->timeout_ms, "timeout_ms"},
        {plan->buffer_size, "buffer_size"},
        {plan->buffer_size_tx, "buffer_size_tx"},
        {plan->max_redirection_count, "max_redirection_count"},
        {plan->max_http_request_size, "max_http_request_size"},
        {(int)plan->ota_image_bytes_written, "ota_image_bytes_written"},
        {plan->repeat, "attempts"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (flags[i].set) {
            text_add(out, ", %s", flags[i].word);
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].value != 0) {
            text_add(out, ", %s %d", numbers[i].word, numbers[i].value);
        }
    }
}

void explain_update(struct text *out, const struct scenario *scenario)
{
    static const char *const calls[] = {
        [UPDATE_ONE_SHOT] = "esp_https_ota()",
        [UPDATE_STEPS] = "esp_https_ota_begin(), perform(), finish() or abort()",
        [UPDATE_NATIVE] = "esp_http_client and esp_ota_begin(), write(), end()",
        [UPDATE_NOTHING] = "none: it boots and idles",
    };
    const struct update_plan *plan = &scenario->update;
    if (scenario_set_current() != NULL && strncmp(scenario_firmware(scenario), "updater", 7) != 0) {
        text_add(out, "as the firmware does it"); /* which knows of no plan */
        return;
    }
    text_add(out, "%s",
             (size_t)plan->api < sizeof calls / sizeof calls[0] ? calls[plan->api] : "?");
    if (plan->api != UPDATE_NOTHING) {
        text_add(out, " from %s", or_else(plan->url, "https://localhost:8443/fw.bin"));
    }
    add_flags(out, plan);
}

void explain_power(struct text *out, const struct scenario *scenario)
{
    const struct scenario_power *power = &scenario->power;
    const char *what = power->brownout ? "dips (brownout)" : "fails";
    if (power->in_boot != 0) {
        text_add(out, "%s %u ms into boot %d", what, power->after_ms, power->in_boot + 1);
    } else if (power->after_received != 0) {
        text_add(out, "%s when %" PRIu64 " bytes were received", what, power->after_received);
    } else if (power->at_operation != 0) {
        static const char *const when[] = {
            [FLASH_CUT_NONE] = "before",
            [FLASH_CUT_BEFORE] = "before",
            [FLASH_CUT_TORN] = "half-way through",
            [FLASH_CUT_AFTER] = "after",
        };
        text_add(out, "%s %s flash operation %" PRIu64, what, when[power->mode],
                 power->at_operation);
    }
}
