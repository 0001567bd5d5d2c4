/* What the parts of esp_https_ota share. */
#pragma once

#include <limits.h>

#include "https_release_shape.h"

/** The first read takes so much: header, first segment's header and app descriptor lie in it. */
int https_ota_header_size(void);

enum ota_state {
    OTA_STATE_INIT,
    OTA_STATE_BEGIN,       /* connected, nothing was written */
    OTA_STATE_IN_PROGRESS, /* esp_ota_begin has been called */
    OTA_STATE_SUCCESS,     /* all data came */
};

struct https_ota {
    struct https_ota_config config;
    esp_http_client_handle_t client;
    const esp_partition_t *staging, *final;
    esp_ota_handle_t update;
    enum ota_state state;
    char *buffer;
    size_t buffer_size;
    int image_size;    /* bytes, -1 unknown */
    int written;       /* bytes in flash */
    int header_length; /* bytes of the image's header that wait in the buffer */
    bool resumes;      /* what an earlier boot wrote is kept */
    bool partial;
    int max_request;
    int max_redirects, redirects;
    int max_authorizations, authorizations;
};

/** Sends the request and reads the response's header, through redirects and challenges. */
esp_err_t https_ota_connect(struct https_ota *ota);

#define OPEN_ENDED INT_MAX

/** Sets the Range header to [from, to], or to all from `from` on if to is OPEN_ENDED. */
esp_err_t https_ota_set_range(struct https_ota *ota, int from, int to);

/** Asks for the image's size, and sets the range of the first request. */
esp_err_t https_ota_prepare_partial(struct https_ota *ota);

/** The Range of the first request of an update that resumes, or of its fallback. */
esp_err_t https_ota_set_first_range(struct https_ota *ota);

/** The response is used up: asks for the next range. */
esp_err_t https_ota_next_range(struct https_ota *ota);

/** Reads the image's first https_ota_header_size() bytes into the buffer. */
esp_err_t https_ota_read_header(struct https_ota *ota);

/** Checks and writes the image's header, which is in the buffer. */
esp_err_t https_ota_write_header(struct https_ota *ota);

/** Decrypts, if configured, and writes what is in the buffer. */
esp_err_t https_ota_write(struct https_ota *ota, size_t length);

/** Whether it is an app or a bootloader, which begin with a header to check. */
bool https_ota_is_image(const esp_partition_t *partition);

/** Crashes as the device does where no final partition was set. */
void https_ota_check_final(const struct https_ota *ota);
