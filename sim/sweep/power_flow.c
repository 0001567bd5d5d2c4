#include "power_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "boot_process.h"
#include "firmware.h"
#include "flash_cipher.h"
#include "run.h"
#include "scenario.h"
#include "scenario_device.h"
#include "scenario_set.h"
#include "trace_query.h"

static json_t *versions_of_boots(const json_t *trace)
{
    json_t *versions = json_array();
    size_t i;
    json_t *record;
    json_array_foreach(trace, i, record)
    {
        if (trace_is(record, "boot")) {
            json_array_append_new(
                versions, json_pack("[s, s]", json_string_value(json_object_get(record, "running")),
                                    json_string_value(json_object_get(record, "version"))));
        }
    }
    return versions;
}

bool power_flow_record(const struct scenario *scenario, struct server *server,
                       const struct sweep_options *sweep, int journal_fd, json_t **report,
                       struct error *err)
{
    struct run_result result;
    const struct run_options options = {.release = sweep->release,
                                        .strict = sweep->strict,
                                        .brief_trace = true,
                                        .journal_fd = journal_fd};
    run_scenario(scenario, server, &options, &result);
    *report = json_object();
    bool ran = baseline_judge(scenario, &result, *report, err);
    if (ran && result.passed) {
        json_object_set_new(*report, "boots", versions_of_boots(result.trace));
    }
    run_result_free(&result);
    return ran;
}

static bool digest_of(const uint8_t *image, size_t length, struct power_app *app)
{
    struct app_image_bytes bytes = {.data = image, .size = (uint32_t)length};
    struct app_image_source source = app_image_from_bytes(&bytes);
    const struct app_image_rules rules = {.kind = APP_IMAGE_APP};
    struct app_image_info info;
    if (app_image_verify(&source, &rules, &info, NULL) != ESP_OK) {
        return false;
    }
    memcpy(app->digest, info.digest, sizeof app->digest);
    snprintf(app->version, sizeof app->version, "%s", info.descriptor.version);
    return true;
}

/* An app that runs is either one of those in the slots beforehand, or the update. */
static void find_app(const struct power_flow *flow, const char *label, const char *version,
                     struct power_app *app)
{
    const struct partition *slot = partition_table_find_label(&flow->table, label);
    uint8_t *bytes =
        slot != NULL ? flash_decrypted_copy(flow->device->flash, slot->offset, slot->size) : NULL;
    if (bytes == NULL || !digest_of(bytes, slot->size, app) || strcmp(app->version, version) != 0) {
        *app = flow->update;
    }
    free(bytes);
}

static bool read_boots(struct power_flow *flow, const json_t *report)
{
    const json_t *boots = json_object_get(report, "boots");
    flow->boot_count = json_array_size(boots);
    for (size_t i = 0; i < flow->boot_count && i < POWER_FLOW_MAX_BOOTS; i++) {
        const json_t *boot = json_array_get(boots, i);
        const char *label = json_string_value(json_array_get(boot, 0));
        const char *version = json_string_value(json_array_get(boot, 1));
        if (label == NULL || version == NULL) {
            return false;
        }
        find_app(flow, label, version, &flow->boots[i]);
        snprintf(flow->last_version, sizeof flow->last_version, "%s", version);
    }
    return flow->boot_count > 0 && flow->boot_count <= POWER_FLOW_MAX_BOOTS;
}

bool power_flow_open(const struct scenario *scenario, const struct sweep_options *sweep,
                     int journal_fd, const json_t *report, struct power_flow *flow,
                     struct error *err)
{
    memset(flow, 0, sizeof *flow);
    flow->scenario = scenario;
    flow->device = scenario_device_create(scenario, &flow->table, err);
    uint8_t *image = NULL;
    size_t length;
    const struct firmware *firmware = firmware_load(scenario_firmware(scenario), err);
    bool ok = flow->device != NULL && firmware != NULL &&
              scenario_image(scenario, &image, &length, err) &&
              flash_journal_read(journal_fd, &flow->journal, err);
    if (ok) {
        flow->bootloader =
            boot_process_bootloader(firmware_bootloader(firmware), sweep->release, sweep->strict);
        digest_of(image, length, &flow->update);
        ok = read_boots(flow, report) ||
             error_set(err, "%s: between 1 and %d boots are wanted for a sweep, it has %zu",
                       scenario->name, POWER_FLOW_MAX_BOOTS, flow->boot_count);
    }
    free(image);
    return ok;
}

void power_flow_close(struct power_flow *flow)
{
    flash_journal_free(&flow->journal);
    device_destroy(flow->device);
    memset(flow, 0, sizeof *flow);
}
