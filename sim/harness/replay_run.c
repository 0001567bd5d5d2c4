#include "replay_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "paths.h"
#include "release.h"
#include "replay_device.h"
#include "scenario_server.h"

#define MAX_IMAGE_LENGTH (16u << 20)
/* A recorded call that never returns is stopped here, on the device's clock. */
#define TIME_LIMIT_US (600ull * 1000 * 1000)

#define PARTIAL_DOWNLOAD "CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD"
#define ALLOW_HTTP       "CONFIG_ESP_HTTPS_OTA_ALLOW_HTTP"

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
    PARTIAL_DOWNLOAD,
    "CONFIG_ESP_HTTPS_OTA_DECRYPT_CB",
    "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE",
    "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK",
    "CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH",
    "CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH",
    ALLOW_HTTP,
};
enum {
    MODULE_COUNT = sizeof modules / sizeof modules[0],
    OPTION_COUNT = sizeof options / sizeof options[0],
};

/* What the record's sdkconfig says of an option, or the release where it had none, or another
 * default or name. */
static bool wants_option(const struct replay *replay, const char *option)
{
    const json_t *sdkconfig = json_object_get(replay->record, "sdkconfig");
    bool old = replay->release != 0 && release_between(replay->release, "", "5.0");
    if (strcmp(option, PARTIAL_DOWNLOAD) == 0 && replay->release != 0 &&
        release_between(replay->release, "", "6.0")) {
        const json_t *config = json_object_get(replay->record, "ota_config");
        return json_object_get(config, "partial_http_download") != NULL;
    }
    const char *name = old && strcmp(option, ALLOW_HTTP) == 0 ? "CONFIG_OTA_ALLOW_HTTP" : option;
    const char *value = json_string_value(json_object_get(sdkconfig, name));
    return value != NULL && strcmp(value, "y") == 0;
}

static const struct firmware *find_module(const struct replay *replay, struct error *err)
{
    for (size_t i = 0; i < MODULE_COUNT; i++) {
        const struct firmware *firmware = firmware_load(modules[i], err);
        bool fits = firmware != NULL;
        for (size_t k = 0; fits && k < OPTION_COUNT; k++) {
            fits = wants_option(replay, options[k]) == firmware_option_on(firmware, options[k]);
        }
        if (fits) {
            return firmware;
        }
    }
    char *sdkconfig = json_dumps(json_object_get(replay->record, "sdkconfig"), JSON_COMPACT);
    error_set(err, "no replayer module is built for sdkconfig %s", sdkconfig);
    free(sdkconfig);
    return NULL;
}

bool replay_load_image(const struct replay *replay, const char *field, const char *images_dir,
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

bool replay_prepare(struct replay *replay, const char *images_dir, struct error *err)
{
    const char *id = json_string_value(json_object_get(replay->record, "id"));
    if (id == NULL || !json_is_array(json_object_get(replay->record, "calls"))) {
        return error_set(err, "a record needs \"id\" and \"calls\"");
    }
    replay->firmware = find_module(replay, err);
    if (replay->firmware == NULL ||
        !replay_load_image(replay, "image", images_dir, &replay->served, &replay->served_length,
                           err) ||
        !replay_load_image(replay, "plain_image", images_dir, &replay->plain, &replay->plain_length,
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

struct boot_request replay_next_boot(struct replay *replay)
{
    return (struct boot_request){
        .device = replay->device,
        .release = replay->release,
        .bootloader = firmware_bootloader(replay->firmware),
        .time_limit_us = TIME_LIMIT_US,
        .firmware_for = replayer,
        .context = replay,
        .net = &replay->net,
        .argument = &replay->plan,
        .number = replay->next_boot++,
        .trace_fd = replay->trace_file.fd,
        .server = replay->server,
    };
}

void replay_release(struct replay *replay)
{
    struct error ignored;
    if (replay->session != 0) {
        server_close(replay->server, replay->session, &ignored);
    }
    temp_file_remove(&replay->image_file);
    temp_file_remove(&replay->trace_file);
    device_destroy(replay->device);
    free(replay->served);
    free(replay->plain);
    free(replay->root_ca);
}
