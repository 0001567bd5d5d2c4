/* One record under replay: its device, images, server and trace. */
#pragma once

#include <jansson.h>

#include "boot_process.h"
#include "error.h"
#include "firmware.h"
#include "replay_plan.h"
#include "server.h"
#include "temp_file.h"

struct replay {
    const json_t *record;
    uint32_t release; /* that it was recorded on; 0: master */
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
    struct replay_plan plan; /* of the next boot */
    int session;
    int next_boot; /* its number */
};
#define REPLAY_OF(its_record, its_source, its_server)                                              \
    {                                                                                              \
        .record = (its_record), .release = (its_source)->release, .server = (its_server),          \
        .image_file = TEMP_FILE_NONE, .trace_file = TEMP_FILE_NONE                                 \
    }

/** Sets up everything that the record says. Whatever comes of it, replay_release must follow. */
bool replay_prepare(struct replay *replay, const char *images_dir, struct error *err);
void replay_release(struct replay *replay);

/** The image that a field of the record describes; malloc'ed. A record without the field has none:
 * *image stays as it is. */
bool replay_load_image(const struct replay *replay, const char *field, const char *images_dir,
                       uint8_t **image, size_t *length, struct error *err);

/** Gives the next boot: the bootloader chooses, the app makes the calls of the plan. The caller
 * changes what is to be otherwise. */
struct boot_request replay_next_boot(struct replay *replay);
