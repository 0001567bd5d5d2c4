/* Blobs: chunks of at most a page, and an item that says where they are. The chunks of a new value
 * have other numbers than those of the old one, so both are there until the item is replaced. */
#pragma once

#include "nvs_storage.h"

/** Bytes that a blob can have in this partition. */
size_t nvs_blob_limit(const struct nvs_storage *storage);

/** Writes the chunks, and makes the sealed item that is to be appended next. old is what the key
 * has now, or NULL. If the space ends (ESP_ERR_NVS_NOT_ENOUGH_SPACE), they are gone again. */
esp_err_t nvs_blob_write_chunks(struct nvs_storage *storage, uint8_t ns, const char *key,
                                const struct nvs_item *old, const void *data, size_t size,
                                struct nvs_item *index);
esp_err_t nvs_blob_erase_chunks(struct nvs_storage *storage, const struct nvs_item *index);

/** All of its bytes. ESP_ERR_NVS_NOT_FOUND if a chunk is missing or its CRC is wrong. */
esp_err_t nvs_blob_read(struct nvs_storage *storage, const struct nvs_item *index, void *out);
/** Whether the item is a blob of just these bytes. */
bool nvs_blob_is(struct nvs_storage *storage, const struct nvs_item *index, const void *data,
                 size_t size);
