#include "nvs_blob.h"

#include <string.h>

#define PIECE 256u

size_t nvs_blob_limit(const struct nvs_storage *storage)
{
    size_t chunks = storage->page_count - 1;
    return (chunks < NVS_MAX_CHUNKS ? chunks : NVS_MAX_CHUNKS) * NVS_VALUE_MAX;
}

/* As much as the active page takes; a page that has room for nothing is followed by another. */
static esp_err_t write_chunk(struct nvs_storage *storage, const struct nvs_item *index,
                             uint8_t number, const uint8_t *data, size_t size, uint32_t *written)
{
    struct nvs_page *active;
    struct nvs_place place;
    esp_err_t err = nvs_storage_make_room(storage, size == 0 ? 1 : 2, &active);
    if (err != ESP_OK) {
        return err;
    }
    uint32_t room = (nvs_page_room(active) - 1) * NVS_ENTRY_SIZE;
    *written = size < room ? (uint32_t)size : room;
    struct nvs_item chunk = nvs_item_make(index->ns, NVS_ITEM_CHUNK, index->key);
    chunk.chunk = number;
    nvs_item_set_payload(&chunk, data, *written);
    nvs_item_seal(&chunk);
    return nvs_storage_append(storage, &chunk, data, &place);
}

esp_err_t nvs_blob_write_chunks(struct nvs_storage *storage, uint8_t ns, const char *key,
                                const struct nvs_item *old, const void *data, size_t size,
                                struct nvs_item *index)
{
    struct nvs_blob blob = {.size = (uint32_t)size};
    bool again = old != NULL && old->type == NVS_ITEM_BLOB && nvs_item_blob(old).first == 0;
    blob.first = again ? NVS_CHUNK_LATER : 0;
    *index = nvs_item_make(ns, NVS_ITEM_BLOB, key);
    const uint8_t *at = data;
    size_t left = size;
    esp_err_t err = ESP_OK;
    do {
        uint32_t written = 0;
        err = blob.count < NVS_MAX_CHUNKS
                  ? write_chunk(storage, index, (uint8_t)(blob.first + blob.count), at, left,
                                &written)
                  : ESP_ERR_NVS_NOT_ENOUGH_SPACE;
        if (err != ESP_OK) {
            break;
        }
        blob.count++;
        at += written;
        left -= written;
    } while (left != 0);
    nvs_item_set_blob(index, blob);
    nvs_item_seal(index);
    if (err == ESP_ERR_NVS_NOT_ENOUGH_SPACE) {
        esp_err_t undone = nvs_blob_erase_chunks(storage, index);
        err = undone == ESP_OK ? err : undone;
    }
    return err;
}

static esp_err_t find_chunk(struct nvs_storage *storage, const struct nvs_item *index,
                            unsigned number, struct nvs_place *place, struct nvs_item *chunk)
{
    unsigned part = nvs_item_blob(index).first + number;
    return nvs_storage_find(storage, index->ns, index->key, (uint8_t)part, NULL, place, chunk);
}

esp_err_t nvs_blob_erase_chunks(struct nvs_storage *storage, const struct nvs_item *index)
{
    for (unsigned i = 0; i < nvs_item_blob(index).count; i++) {
        struct nvs_place place;
        struct nvs_item chunk;
        esp_err_t err = find_chunk(storage, index, i, &place, &chunk);
        if (err == ESP_OK) {
            err = nvs_storage_erase(&place, &chunk);
        }
        if (err != ESP_OK) {
            return err;
        }
    }
    return ESP_OK;
}

esp_err_t nvs_blob_read(struct nvs_storage *storage, const struct nvs_item *index, void *out)
{
    struct nvs_blob blob = nvs_item_blob(index);
    uint8_t *at = out;
    for (unsigned i = 0; i < blob.count; i++) {
        struct nvs_place place;
        struct nvs_item chunk;
        esp_err_t err = find_chunk(storage, index, i, &place, &chunk);
        if (err != ESP_OK) {
            return err;
        }
        uint32_t size = nvs_item_payload_size(&chunk);
        if (size > blob.size - (uint32_t)(at - (uint8_t *)out)) {
            return ESP_ERR_NVS_NOT_FOUND;
        }
        err = nvs_page_read_payload(place.page, place.entry, 0, at, size);
        if (err != ESP_OK) {
            return err;
        }
        if (nvs_crc(at, size) != nvs_item_payload_crc(&chunk)) {
            return ESP_ERR_NVS_NOT_FOUND;
        }
        at += size;
    }
    return (uint32_t)(at - (uint8_t *)out) == blob.size ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

static bool chunk_is(const struct nvs_place *place, const uint8_t *data, uint32_t size)
{
    uint8_t piece[PIECE];
    for (uint32_t at = 0; at < size; at += PIECE) {
        uint32_t length = size - at < PIECE ? size - at : PIECE;
        if (nvs_page_read_payload(place->page, place->entry, at, piece, length) != ESP_OK ||
            memcmp(piece, data + at, length) != 0) {
            return false;
        }
    }
    return true;
}

bool nvs_blob_is(struct nvs_storage *storage, const struct nvs_item *index, const void *data,
                 size_t size)
{
    if (index->type != NVS_ITEM_BLOB || nvs_item_blob(index).size != size) {
        return false;
    }
    uint32_t at = 0;
    for (unsigned i = 0; i < nvs_item_blob(index).count; i++) {
        struct nvs_place place;
        struct nvs_item chunk;
        if (find_chunk(storage, index, i, &place, &chunk) != ESP_OK) {
            return false;
        }
        uint32_t length = nvs_item_payload_size(&chunk);
        if (length > size - at || !chunk_is(&place, (const uint8_t *)data + at, length)) {
            return false;
        }
        at += length;
    }
    return at == size;
}
