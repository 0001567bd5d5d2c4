#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot_process.h"
#include "files.h"
#include "otadata_json.h"
#include "paths.h"
#include "replay_device.h"
#include "replay_plan.h"
#include "scenario_device.h"
#include "scenario_server.h"
#include "temp_file.h"
#include "trace_file.h"

#define MAX_IMAGE_LENGTH (16u << 20)
/* A recorded call that never returns is stopped here, on the device's clock. */
#define TIME_LIMIT_US (600ull * 1000 * 1000)

/* The modules that replay, with the options in which their sdkconfigs differ. */
static const char *const modules[] = {
    "replayer",
    "replayer-partial",
    "replayer-decrypt",
    "replayer-decrypt-partial",
    "replayer-rollback",
    "replayer-anti_rollback",
    "replayer-auth",
    "replayer-allow_http",
    "replayer-anti_rollback_only",
};
static const char *const options[] = {
    "CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD",
    "CONFIG_ESP_HTTPS_OTA_DECRYPT_CB",
    "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE",
    "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK",
    "CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH",
    "CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH",
    "CONFIG_ESP_HTTPS_OTA_ALLOW_HTTP",
};
enum {
    MODULE_COUNT = sizeof modules / sizeof modules[0],
    OPTION_COUNT = sizeof options / sizeof options[0],
};

struct replay {
    const json_t *record;
    struct server *server;
    const struct firmware *firmware;
    struct device *device;
    struct partition_table table;
    struct partition running;
    uint8_t *served, *plain;
    size_t served_length, plain_length;
    uint8_t *root_ca;
    struct temp_file image_file, trace_file;
    struct net_env net;
    struct replay_plan plan;
    int session;
};

static bool wants_option(const json_t *record, const char *option)
{
    const json_t *sdkconfig = json_object_get(record, "sdkconfig");
    const char *value = json_string_value(json_object_get(sdkconfig, option));
    return value != NULL && strcmp(value, "y") == 0;
}

static const struct firmware *find_module(const json_t *record, struct error *err)
{
    for (size_t i = 0; i < MODULE_COUNT; i++) {
        const struct firmware *firmware = firmware_load(modules[i], err);
        bool fits = firmware != NULL;
        for (size_t k = 0; fits && k < OPTION_COUNT; k++) {
            fits = wants_option(record, options[k]) == firmware_option_on(firmware, options[k]);
        }
        if (fits) {
            return firmware;
        }
    }
    char *sdkconfig = json_dumps(json_object_get(record, "sdkconfig"), JSON_COMPACT);
    error_set(err, "no replayer module is built for sdkconfig %s", sdkconfig);
    free(sdkconfig);
    return NULL;
}

static bool load_image(const struct replay *replay, const char *field, const char *images_dir,
                       uint8_t **image, size_t *length, struct error *err)
{
    const json_t *description = json_object_get(replay->record, field);
    const char *sha256 = json_string_value(json_object_get(description, "sha256"));
    char path[1024];
    if (sha256 == NULL) {
        return true;
    }
    snprintf(path, sizeof path, "%s/%s.bin", images_dir, sha256);
    return read_file(path, MAX_IMAGE_LENGTH, image, length, err);
}

/* Recordings name no certificates, only what is wrong with them: their ids do. */
static const char *certificate_of(const char *id)
{
    return strstr(id, "tls-expired") != NULL ? "expired" : "server";
}

static bool load_root(struct replay *replay, const char *id, struct error *err)
{
    char path[1024];
    size_t length;
    snprintf(path, sizeof path, "%s/%s.crt", paths_certs_dir(),
             strstr(id, "wrong-ca") != NULL ? "other_ca" : "root_ca");
    return read_file(path, 1u << 20, &replay->root_ca, &length, err);
}

static bool open_session(struct replay *replay, const char *id, struct error *err)
{
    const json_t *rules = json_object_get(replay->record, "server");
    if (!json_is_array(rules)) {
        return true;
    }
    if (!temp_file_write(&replay->image_file, "otasim-image", replay->served, replay->served_length,
                         err)) {
        return false;
    }
    const struct scenario scenario = {.listeners = {.certificate = certificate_of(id)}};
    json_t *command = scenario_server_open(&scenario, replay->image_file.path);
    json_object_set_new(command, "rules", json_deep_copy(rules));
    json_t *ports = NULL;
    if (!server_open(replay->server, command, &replay->session, &ports, err)) {
        return false;
    }
    scenario_server_routes(ports, &replay->net);
    json_decref(ports);
    replay->net.control_port = server_control_port(replay->server);
    replay->net.session = replay->session;
    return true;
}

static bool prepare(struct replay *replay, const char *images_dir, struct error *err)
{
    const char *id = json_string_value(json_object_get(replay->record, "id"));
    if (id == NULL || !json_is_array(json_object_get(replay->record, "calls"))) {
        return error_set(err, "a record needs \"id\" and \"calls\"");
    }
    replay->firmware = find_module(replay->record, err);
    if (replay->firmware == NULL ||
        !load_image(replay, "image", images_dir, &replay->served, &replay->served_length, err) ||
        !load_image(replay, "plain_image", images_dir, &replay->plain, &replay->plain_length,
                    err) ||
        !load_root(replay, id, err)) {
        return false;
    }
    replay->device = replay_device_create(replay->record, &replay->table, &replay->running, err);
    replay->plan = (struct replay_plan){
        .record = replay->record,
        .image = replay->plain != NULL ? replay->plain : replay->served,
        .image_length = replay->plain != NULL ? replay->plain_length : replay->served_length,
        .cert_pem = (const char *)replay->root_ca,
    };
    return replay->device != NULL && open_session(replay, id, err) &&
           temp_file_create(&replay->trace_file, "otasim-trace", err);
}

static const struct firmware *replayer(const char *version, void *context)
{
    (void)version;
    return ((struct replay *)context)->firmware;
}

static const struct firmware *nothing(const char *version, void *context)
{
    (void)version;
    (void)context;
    return NULL;
}

static bool boot(struct replay *replay, int number, bool run_calls, struct boot_result *end,
                 struct error *err)
{
    const struct boot_request request = {
        .device = replay->device,
        .bootloader = firmware_bootloader(replay->firmware),
        .resume_at = number == 0 ? &replay->running : NULL,
        .time_limit_us = TIME_LIMIT_US,
        .firmware_for = run_calls ? replayer : nothing,
        .context = replay,
        .net = &replay->net,
        .argument = &replay->plan,
        .number = number,
        .trace_fd = replay->trace_file.fd,
        .server = replay->server,
    };
    return boot_process_run(&request, end, err);
}

/* One boot for each stretch of calls between REBOOTs. */
static bool boot_all(struct replay *replay, int *number, struct error *err)
{
    const json_t *calls = json_object_get(replay->record, "calls");
    struct boot_result end = {.end = BOOT_END_IDLE};
    for (size_t first = 0;; first++) {
        replay->plan.first_call = first;
        if (!boot(replay, (*number)++, true, &end, err)) {
            return false;
        }
        while (first < json_array_size(calls) &&
               strcmp(json_string_value(json_object_get(json_array_get(calls, first), "fn")),
                      "REBOOT") != 0) {
            first++;
        }
        if (first >= json_array_size(calls) || end.end == BOOT_END_NO_APP) {
            return true;
        }
    }
}

static bool run_and_compare(struct replay *replay, struct replay_result *result, struct error *err)
{
    struct replay_evidence evidence = {.record = replay->record};
    struct boot_result end;
    int number = 0;
    if (!boot_all(replay, &number, err)) {
        return false;
    }
    evidence.flash_ops = replay_flash_ops(replay->device);
    evidence.otadata_after = otadata_json(replay->device, &replay->table);
    evidence.slots =
        replay_slots(replay->device, &replay->table, replay->served, replay->served_length);
    bool ok = boot(replay, number, false, &end, err);
    evidence.secure_version = efuse_secure_version(&replay->device->efuse);
    evidence.final_boot = otadata_json(replay->device, &replay->table);
    evidence.requests =
        replay->session != 0 ? server_log(replay->server, replay->session, err) : json_array();
    evidence.trace = trace_file_read(replay->trace_file.fd, err);
    ok = ok && evidence.requests != NULL && evidence.trace != NULL;
    if (ok) {
        replay_compare(&evidence, result);
    }
    json_decref(evidence.flash_ops);
    json_decref(evidence.otadata_after);
    json_decref(evidence.slots);
    json_decref(evidence.final_boot);
    json_decref(evidence.requests);
    json_decref(evidence.trace);
    return ok;
}

/* What a host cannot decide, with the reason. */
static const char *out_of_reach(const json_t *record)
{
    static const struct {
        const char *id, *why;
    } rows[] = {
        {"E-antirb-verify-desc-magic",
         "the record does not say which app was given a wrong descriptor magic"},
        {"D-enc-header-1000",
         "undefined: the recorded library read past the end of its buffer here"},
        {"D-enc-header-1000-oneshot",
         "undefined: the recorded library read past the end of its buffer here"},
    };
    const char *id = json_string_value(json_object_get(record, "id"));
    for (size_t i = 0; id != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(id, rows[i].id) == 0) {
            return rows[i].why;
        }
    }
    return NULL;
}

void replay_record(const json_t *record, const char *images_dir, struct server *server,
                   struct replay_result *result)
{
    struct replay replay = {
        .record = record,
        .server = server,
        .image_file = TEMP_FILE_NONE,
        .trace_file = TEMP_FILE_NONE,
    };
    struct error err = {""};
    memset(result, 0, sizeof *result);
    const char *why = out_of_reach(record);
    if (why != NULL) {
        result->skipped = true;
        text_add(&result->text, "  %s\n", why);
        return;
    }
    if (!prepare(&replay, images_dir, &err) || !run_and_compare(&replay, result, &err)) {
        result->differences++;
        text_add(&result->text, "  %s\n", err.text);
    }
    struct error ignored;
    if (replay.session != 0) {
        server_close(server, replay.session, &ignored);
    }
    temp_file_remove(&replay.image_file);
    temp_file_remove(&replay.trace_file);
    device_destroy(replay.device);
    free(replay.served);
    free(replay.plain);
    free(replay.root_ca);
}
