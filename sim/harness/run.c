#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_process.h"
#include "boot_rtc.h"
#include "files.h"
#include "firmware_module.h"
#include "otadata.h"
#include "otasim_quirk.h"
#include "release.h"
#include "scenario_device.h"
#include "scenario_encrypt.h"
#include "scenario_server.h"
#include "scenario_set.h"
#include "scenario_trust.h"
#include "served_image.h"
#include "temp_file.h"
#include "trace_file.h"

#define TIME_LIMIT_US (3600 * (uint64_t)1000000) /* an update takes less than an hour */
#define DEFAULT_URL   "https://localhost:8443/fw.bin"

struct run {
    const struct scenario *scenario;
    const struct run_options *options;
    struct server *server;
    struct run_result *result;
    struct device *device;
    struct partition_table table;
    uint8_t *image;
    size_t image_length;
    struct temp_file trace_file;
    struct scenario_certificates certificates;
    struct update_plan plan;
    struct net_env net;
    int session; /* 0: none */
    const struct firmware *firmware;
    int boot_number;
    bool power_failed; /* as the scenario has it: once */
    char first_version[33];
    struct partition first_slot;
    struct otadata otadata_before, otadata_after;
};

static const struct firmware *firmware_for(const char *version, void *context)
{
    struct run *run = context;
    struct error err;
    for (size_t i = 0; i < SCENARIO_MAX_APPS; i++) {
        const struct scenario_behaviour *row = &run->scenario->firmware_of[i];
        if (row->version != NULL &&
            (strcmp(row->version, version) == 0 || strcmp(row->version, ANY_VERSION) == 0)) {
            return row->firmware != NULL ? firmware_load(row->firmware, &err) : NULL;
        }
    }
    return run->boot_number == 0 ? run->firmware : NULL;
}

/* As firmware_for has it. */
static bool idles(const struct run *run)
{
    for (size_t i = 0; i < SCENARIO_MAX_APPS; i++) {
        if (run->scenario->firmware_of[i].version != NULL) {
            return false;
        }
    }
    return run->boot_number > 0;
}

static bool load_firmware(struct run *run, struct error *err)
{
    run->firmware = firmware_load(scenario_firmware(run->scenario), err);
    for (size_t i = 0; i < SCENARIO_MAX_APPS && run->firmware != NULL; i++) {
        const char *other = run->scenario->firmware_of[i].firmware;
        if (other != NULL && firmware_load(other, err) == NULL) {
            return false;
        }
    }
    return run->firmware != NULL;
}

static bool prepare_plan(struct run *run, struct error *err)
{
    run->plan = run->scenario->update;
    run->plan.confirm |= run->options->start != NULL && run->options->start->confirm;
    if (run->options->url != NULL) {
        run->plan.url = run->options->url;
    } else if (run->plan.url == NULL) {
        run->plan.url = DEFAULT_URL;
    }
    return scenario_trust_load(&run->scenario->trust, run->options->ca_file, &run->plan,
                               &run->certificates, err);
}

/* The server's word for a fault on the network. */
static void sever(json_t *command, const struct run_fault *fault)
{
    const char *how = fault->kind == RUN_FAULT_RST       ? "rst"
                      : fault->kind == RUN_FAULT_SILENCE ? "silence"
                                                         : "fin";
    if (fault->kind >= RUN_FAULT_FIN) {
        unsigned request = fault->kind == RUN_FAULT_MEASURE ? 0 : fault->request;
        json_object_set_new(command, "sever",
                            json_pack("{s:i, s:I, s:s}", "n", (int)request, "after",
                                      (json_int_t)fault->at, "how", how));
    }
}

static const char *served_file(const struct run *run, struct error *err)
{
    uint8_t *file = NULL;
    size_t length;
    const char *path = NULL;
    if (scenario_served_file(run->scenario, run->image, run->image_length, &file, &length, err)) {
        path = served_image_path(file, length, err);
    }
    free(file);
    return path;
}

static bool open_session(struct run *run, struct error *err)
{
    if (run->scenario->listeners.external) {
        run->net.passthrough = true;
        return true;
    }
    const char *image_file = served_file(run, err);
    if (image_file == NULL) {
        return false;
    }
    json_t *ports = NULL;
    json_t *command = scenario_server_open(run->scenario, image_file);
    sever(command, &run->options->fault);
    if (!server_open(run->server, command, &run->session, &ports, err)) {
        return false;
    }
    scenario_server_routes(ports, &run->net);
    json_decref(ports);
    run->net.control_port = server_control_port(run->server);
    run->net.session = run->session;
    return true;
}

static bool read_otadata(struct run *run, struct otadata *out)
{
    const struct partition *partition =
        partition_table_find(&run->table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    memset(out, 0xFF, sizeof *out);
    return partition != NULL && otadata_read(run->device->flash, partition->offset, out) == ESP_OK;
}

static bool missing_input(const struct run *run)
{
    const char *file = run->scenario->image_file;
    char path[SCENARIO_IMAGE_PATH];
    struct stat status;
    if (file == NULL) {
        return false;
    }
    scenario_image_path(file, path);
    return stat(path, &status) != 0;
}

static bool start_from(struct run *run, const struct run_start *start, struct error *err)
{
    if (flash_size(start->flash) != flash_size(run->device->flash)) {
        return error_set(err, "the flash to start from is not as large as the device's");
    }
    flash_snapshot_refresh(run->device->flash, start->flash);
    run->device->efuse = start->efuse;
    return true;
}

static bool prepare(struct run *run, struct error *err)
{
    run->device = scenario_device_create(run->scenario, &run->table, err);
    if (run->device == NULL) {
        return false;
    }
    if (run->options->start != NULL && !start_from(run, run->options->start, err)) {
        return false;
    }
    read_otadata(run, &run->otadata_before);
    return load_firmware(run, err) &&
           scenario_image(run->scenario, &run->image, &run->image_length, err) &&
           prepare_plan(run, err) && open_session(run, err) &&
           temp_file_create(&run->trace_file, "otasim-trace", err);
}

static struct boot_fault boot_fault(const struct run_fault *fault, uint64_t flash_fails_at)
{
    return (struct boot_fault){
        .allocation = fault->kind == RUN_FAULT_MEMORY ? fault->at + 1 : 0,
        .flash_op = fault->kind == RUN_FAULT_FLASH_ERROR ? fault->at + 1 : flash_fails_at,
        .flash_rot = fault->kind == RUN_FAULT_FLASH_ROT ? fault->at + 1 : 0,
    };
}

/* Flash operations are counted from 0 there. */
static struct boot_power_cut power_cut_of(const struct run *run)
{
    const struct scenario_power *row = &run->scenario->power;
    struct boot_power_cut cut = {.mode = FLASH_CUT_NONE};
    if (run->power_failed) {
        return cut;
    }
    cut.after_received = row->after_received;
    if (row->at_operation != 0) {
        cut.mode = row->mode != FLASH_CUT_NONE ? row->mode : FLASH_CUT_BEFORE;
        cut.at = row->at_operation - 1;
    }
    return cut;
}

static bool boot_once(struct run *run, struct boot_result *end, struct error *err)
{
    const struct scenario_power *power = &run->scenario->power;
    bool fails = power->in_boot != 0 && power->in_boot == run->boot_number;
    struct bootloader_config bootloader = firmware_bootloader(run->firmware);
    firmware_read_buttons(run->firmware, run->device->pins_low, run->device->pins_high,
                          &bootloader);
    const struct boot_request request = {
        .device = run->device,
        .power_dip = {fails ? (uint64_t)power->after_ms * 1000 : 0, power->brownout},
        .verbose = run->options->verbose,
        .bootloader = bootloader,
        .firmware_for = firmware_for,
        .context = run,
        .idles = idles(run),
        .net = &run->net,
        .argument = &run->plan,
        .input = run->scenario->device.stdin_text,
        .power_cut = power_cut_of(run),
        .release = run->options->release,
        .strict = run->options->strict,
        .check_leaks = run->plan.repeat != 0,
        .number = run->boot_number,
        .trace_fd = run->trace_file.fd,
        .journal_fd = run->options->journal_fd,
        .fault = run->boot_number == 0
                     ? boot_fault(&run->options->fault, run->scenario->device.flash_fails_at)
                     : (struct boot_fault){0},
        .heap_size = run->scenario->device.heap_size,
        .time_limit_us = TIME_LIMIT_US,
        .server = run->server,
    };
    bool ok = boot_process_run(&request, end, err);
    run->power_failed = run->power_failed || end->end == BOOT_END_POWER_CUT;
    run->boot_number++;
    if (ok) {
        boot_reset(run->device, end);
    }
    return ok;
}

static size_t boots_wanted(const struct scenario *scenario)
{
    size_t count = 0;
    while (count < SCENARIO_MAX_BOOTS && scenario->expect.boots[count].partition != NULL) {
        count++;
    }
    return (count == 0 ? 1 : count) + scenario->expect.more_boots;
}

static bool is_over(const struct boot_result *end)
{
    return end->end == BOOT_END_NO_APP || end->sleeps_for_ever;
}

/* The first boot and as many more as are expected: by themselves after a restart or a panic, by
 * switching power off and on where the firmware idles or hangs. */
static bool boot_all(struct run *run, struct error *err)
{
    struct boot_result end;
    run->device->reset_reason = DEVICE_RESET_POWERON;
    boot_rtc_forget(run->device);
    if (!boot_once(run, &end, err)) {
        return false;
    }
    read_otadata(run, &run->otadata_after);
    for (size_t i = 0; i < boots_wanted(run->scenario) && !is_over(&end); i++) {
        if (!boot_once(run, &end, err)) {
            return false;
        }
    }
    return true;
}

static bool collect(struct run *run, struct error *err)
{
    struct run_result *result = run->result;
    if (run->session != 0) {
        result->requests = server_log(run->server, run->session, err);
    } else {
        result->requests = json_array();
    }
    if (result->requests != NULL) {
        result->trace = run->options->brief_trace ? trace_file_read_brief(run->trace_file.fd, err)
                                                  : trace_file_read(run->trace_file.fd, err);
    }
    if (result->trace == NULL) {
        return false;
    }
    result->quirks = trace_names(result->trace, "quirk");
    result->ota_library = firmware_info(run->firmware)->ota_library;
    json_array_insert_new(result->trace, 0,
                          json_pack("{s:i, s:s, s:s, s:s, s:s}", "t", 0, "kind", "run", "scenario",
                                    run->scenario->name, "firmware", firmware_name(run->firmware),
                                    "ota_library", result->ota_library));
    return true;
}

/* The app that the device boots with, as the first boot's record says. */
static void find_first_app(struct run *run, struct run_evidence *evidence)
{
    const json_t *boot = trace_first(run->result->trace, "boot");
    const char *label = json_string_value(json_object_get(boot, "running"));
    const char *version = json_string_value(json_object_get(boot, "version"));
    if (label != NULL && version != NULL) {
        evidence->first_slot = partition_table_find_label(&run->table, label);
        snprintf(run->first_version, sizeof run->first_version, "%s", version);
    }
    evidence->first_version = run->first_version;
}

const struct partition *run_next_slot(const struct partition_table *table,
                                      const struct partition *running)
{
    unsigned count = partition_table_ota_count(table);
    unsigned next = 0;
    if (count == 0) {
        return NULL;
    }
    if (running != NULL && running->subtype >= PARTITION_APP_OTA_0 &&
        running->subtype <= PARTITION_APP_OTA_15) {
        next = (running->subtype - PARTITION_APP_OTA_0 + 1u) % count;
    }
    return partition_table_find(table, PARTITION_TYPE_APP, (uint8_t)(PARTITION_APP_OTA_0 + next));
}

/* The release that was asked for, else the one that the firmware is compiled for. */
static uint32_t release_of(const struct scenario *scenario, const struct run_options *options)
{
    struct error ignored;
    if (options->release != 0) {
        return options->release;
    }
    const struct firmware *firmware = firmware_load(scenario_firmware(scenario), &ignored);
    return firmware != NULL ? firmware_module(firmware)->idf_version : release_master();
}

/* The row tells of a hazard that this release does not have. */
static bool lacks_hazard(const struct scenario *scenario, uint32_t release)
{
    const char *hazard = scenario->expect.hazard;
    enum quirk_id id = hazard != NULL ? quirk_named(hazard) : QUIRK_COUNT;
    return id != QUIRK_COUNT && !quirk_in_release(id, release);
}

static void judge(struct run *run)
{
    struct run_evidence evidence = {
        .scenario = run->scenario,
        .firmware = run->firmware,
        .release = release_of(run->scenario, run->options),
        .strict = run->options->strict,
        .table = &run->table,
        .device = run->device,
        .image = run->image,
        .image_length = run->image_length,
        .otadata_before = &run->otadata_before,
        .otadata_after = &run->otadata_after,
    };
    find_first_app(run, &evidence);
    evidence.update_slot = run_next_slot(&run->table, evidence.first_slot);
    run_judge(&evidence, run->result);
}

static bool keep_flash(const struct run *run, struct error *err)
{
    if (run->options->keep_flash == NULL) {
        return true;
    }
    uint32_t size = flash_size(run->device->flash);
    return write_file(run->options->keep_flash, flash_view(run->device->flash, 0, size), size, err);
}

bool run_scenario(const struct scenario *scenario, struct server *server,
                  const struct run_options *options, struct run_result *result)
{
    struct scenario outside = *scenario;
    bool safe = options->strict || lacks_hazard(scenario, release_of(scenario, options));
    if (safe && scenario->documented != NULL) {
        outside.expect = *scenario->documented;
    }
    outside.listeners.external = scenario->listeners.external || options->url != NULL;
    struct run run = {
        .scenario = &outside,
        .options = options,
        .server = server,
        .result = result,
        .trace_file = TEMP_FILE_NONE,
    };
    memset(result, 0, sizeof *result);
    if (missing_input(&run)) {
        result->skipped = true;
        error_set(&result->error, "%s is not there (OTASIM_REAL_IMAGES)", scenario->image_file);
        return true;
    }
    struct error *err = &result->error;
    if (prepare(&run, err) && boot_all(&run, err) && collect(&run, err) && keep_flash(&run, err)) {
        judge(&run);
        result->passed = result->mismatches == 0;
    }
    if (options->end != NULL && run.device != NULL) {
        flash_snapshot_refresh(options->end->flash, run.device->flash);
        options->end->efuse = run.device->efuse;
    }
    struct error ignored;
    if (run.session != 0 && !server_close(server, run.session, &ignored)) {
        result->passed = result->passed && error_set(err, "%s", ignored.text);
    }
    temp_file_remove(&run.trace_file);
    device_destroy(run.device);
    free(run.image);
    scenario_trust_free(&run.certificates);
    return result->passed;
}

void run_mismatch(struct run_result *result, const char *field, char *expected, char *actual)
{
    if (result->mismatches == SCENARIO_MAX_MISMATCHES) {
        free(expected);
        free(actual);
        return;
    }
    result->mismatch[result->mismatches++] = (struct mismatch){field, expected, actual};
}

void run_result_free(struct run_result *result)
{
    for (size_t i = 0; i < result->mismatches; i++) {
        free(result->mismatch[i].expected);
        free(result->mismatch[i].actual);
    }
    json_decref(result->trace);
    json_decref(result->requests);
    json_decref(result->quirks);
}
