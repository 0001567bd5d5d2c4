#include "nvs_value.h"

#include <string.h>

#include "nvs_blob.h"

/* After an error of the flash nobody knows what stands there. */
static esp_err_t after_change(struct nvs_storage *storage, esp_err_t err)
{
    if (err != ESP_OK && err != ESP_ERR_NVS_NOT_FOUND && err != ESP_ERR_NVS_NOT_ENOUGH_SPACE &&
        err != ESP_ERR_NVS_VALUE_TOO_LONG && err != ESP_ERR_NVS_INVALID_STATE) {
        storage->broken = true;
    }
    return err;
}

esp_err_t nvs_value_find(struct nvs_storage *storage, uint8_t ns, const char *key,
                         struct nvs_item *item)
{
    struct nvs_place place;
    return nvs_storage_find(storage, ns, key, NVS_CHUNK_ANY, NULL, &place, item);
}

size_t nvs_value_size(const struct nvs_item *item)
{
    if (nvs_item_has_payload(item)) {
        return nvs_item_payload_size(item);
    }
    return item->type == NVS_ITEM_BLOB ? nvs_item_blob(item).size : nvs_integer_size(item->type);
}

static esp_err_t read_payload(struct nvs_storage *storage, const struct nvs_item *item, void *out)
{
    struct nvs_place place;
    struct nvs_item found;
    esp_err_t err =
        nvs_storage_find(storage, item->ns, item->key, NVS_CHUNK_ANY, NULL, &place, &found);
    if (err == ESP_OK) {
        err = nvs_page_read_payload(place.page, place.entry, 0, out, nvs_item_payload_size(item));
    }
    if (err == ESP_OK && nvs_crc(out, nvs_item_payload_size(item)) != nvs_item_payload_crc(item)) {
        err = ESP_ERR_NVS_NOT_FOUND;
    }
    return err;
}

esp_err_t nvs_value_read(struct nvs_storage *storage, const struct nvs_item *item, void *out)
{
    if (nvs_item_has_payload(item)) {
        return read_payload(storage, item, out);
    }
    if (item->type == NVS_ITEM_BLOB) {
        return nvs_blob_read(storage, item, out);
    }
    memcpy(out, item->data, nvs_integer_size(item->type));
    return ESP_OK;
}

static esp_err_t append(struct nvs_storage *storage, const struct nvs_item *item, const void *data,
                        struct nvs_place *place)
{
    struct nvs_page *active;
    esp_err_t err = nvs_storage_make_room(storage, item->span, &active);
    return err == ESP_OK ? nvs_storage_append(storage, item, data, place) : err;
}

static struct nvs_item make_item(uint8_t ns, const char *key, uint8_t type, const void *data,
                                 size_t size)
{
    struct nvs_item item = nvs_item_make(ns, type, key);
    if (type == NVS_ITEM_STRING) {
        nvs_item_set_payload(&item, data, (uint32_t)size);
    } else if (size != 0) {
        memcpy(item.data, data, size);
    }
    nvs_item_seal(&item);
    return item;
}

/* What is in flash already is not written again; a string's CRC is not enough to know. */
static bool is_stored(const struct nvs_place *place, const struct nvs_item *old,
                      const struct nvs_item *item, const void *data)
{
    uint8_t piece[256];
    if (memcmp(old, item, sizeof *old) != 0) {
        return false;
    }
    uint32_t size = nvs_item_has_payload(item) ? nvs_item_payload_size(item) : 0;
    for (uint32_t at = 0; at < size; at += sizeof piece) {
        uint32_t length = size - at < sizeof piece ? size - at : (uint32_t)sizeof piece;
        if (nvs_page_read_payload(place->page, place->entry, at, piece, length) != ESP_OK ||
            memcmp(piece, (const uint8_t *)data + at, length) != 0) {
            return false;
        }
    }
    return true;
}

static esp_err_t erase_found(struct nvs_storage *storage, const struct nvs_place *place,
                             const struct nvs_item *item)
{
    esp_err_t err = nvs_storage_erase(place, item);
    return err == ESP_OK && item->type == NVS_ITEM_BLOB ? nvs_blob_erase_chunks(storage, item)
                                                        : err;
}

/* Making room may have moved the old item, so it is looked for once more. */
static esp_err_t erase_replaced(struct nvs_storage *storage, const struct nvs_item *item,
                                const struct nvs_place *written)
{
    struct nvs_place place;
    struct nvs_item old;
    esp_err_t err =
        nvs_storage_find(storage, item->ns, item->key, NVS_CHUNK_ANY, written, &place, &old);
    if (err == ESP_OK) {
        err = erase_found(storage, &place, &old);
    }
    return err == ESP_OK || err == ESP_ERR_NVS_NOT_FOUND ? ESP_OK : ESP_ERR_NVS_REMOVE_FAILED;
}

static esp_err_t set_value(struct nvs_storage *storage, uint8_t ns, const char *key, uint8_t type,
                           const void *data, size_t size)
{
    struct nvs_place place;
    struct nvs_item old, item;
    esp_err_t err = nvs_storage_find(storage, ns, key, NVS_CHUNK_ANY, NULL, &place, &old);
    bool had = err == ESP_OK;
    if (!had && err != ESP_ERR_NVS_NOT_FOUND) {
        return err;
    }
    if (type == NVS_ITEM_BLOB) {
        if (had && nvs_blob_is(storage, &old, data, size)) {
            return ESP_OK;
        }
        err = nvs_blob_write_chunks(storage, ns, key, had ? &old : NULL, data, size, &item);
    } else {
        item = make_item(ns, key, type, data, size);
        if (had && is_stored(&place, &old, &item, data)) {
            return ESP_OK;
        }
        err = ESP_OK;
    }
    if (err == ESP_OK) {
        err = append(storage, &item, data, &place);
        if (err == ESP_ERR_NVS_NOT_ENOUGH_SPACE && type == NVS_ITEM_BLOB) {
            esp_err_t undone = nvs_blob_erase_chunks(storage, &item);
            return undone == ESP_OK ? err : undone;
        }
    }
    return err == ESP_OK && had ? erase_replaced(storage, &item, &place) : err;
}

esp_err_t nvs_value_set(struct nvs_storage *storage, uint8_t ns, const char *key, uint8_t type,
                        const void *data, size_t size)
{
    if (storage->broken) {
        return ESP_ERR_NVS_INVALID_STATE;
    }
    if ((type == NVS_ITEM_STRING && size > NVS_VALUE_MAX) ||
        (type == NVS_ITEM_BLOB && size > nvs_blob_limit(storage))) {
        return ESP_ERR_NVS_VALUE_TOO_LONG;
    }
    return after_change(storage, set_value(storage, ns, key, type, data, size));
}

esp_err_t nvs_value_erase(struct nvs_storage *storage, uint8_t ns, const char *key)
{
    struct nvs_place place;
    struct nvs_item item;
    if (storage->broken) {
        return ESP_ERR_NVS_INVALID_STATE;
    }
    esp_err_t err = nvs_storage_find(storage, ns, key, NVS_CHUNK_ANY, NULL, &place, &item);
    if (err != ESP_OK) {
        return err;
    }
    return after_change(storage, erase_found(storage, &place, &item));
}

/* A blob's parts may go in any order: what remains of it after a power cut is dropped. */
esp_err_t nvs_value_erase_all(struct nvs_storage *storage, uint8_t ns)
{
    struct nvs_place place = {0};
    struct nvs_item item;
    esp_err_t err = storage->broken ? ESP_ERR_NVS_INVALID_STATE : ESP_OK;
    while (err == ESP_OK) {
        err = nvs_storage_next(storage, &place, &item);
        if (err == ESP_OK && item.ns == ns) {
            err = nvs_storage_erase(&place, &item);
        }
    }
    return err == ESP_ERR_NVS_NOT_FOUND ? ESP_OK : after_change(storage, err);
}

static esp_err_t make_namespace(struct nvs_storage *storage, const char *name, uint8_t *ns)
{
    bool taken[NVS_LAST_NAMESPACE + 1] = {[NVS_NAMESPACES] = true};
    struct nvs_place place = {0};
    struct nvs_item item;
    while (nvs_storage_next(storage, &place, &item) == ESP_OK) {
        if (item.ns == NVS_NAMESPACES) {
            taken[item.data[0]] = true;
        }
    }
    const bool *unused = memchr(taken, false, sizeof taken);
    if (unused == NULL) {
        return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
    }
    *ns = (uint8_t)(unused - taken);
    return nvs_value_set(storage, NVS_NAMESPACES, name, NVS_ITEM_U8, ns, 1);
}

esp_err_t nvs_namespace_find(struct nvs_storage *storage, const char *name, bool make, uint8_t *ns)
{
    struct nvs_item item;
    esp_err_t err = nvs_value_find(storage, NVS_NAMESPACES, name, &item);
    if (err == ESP_OK) {
        *ns = item.data[0];
    }
    return err == ESP_ERR_NVS_NOT_FOUND && make ? make_namespace(storage, name, ns) : err;
}

bool nvs_namespace_name(struct nvs_storage *storage, uint8_t ns, char name[16])
{
    struct nvs_place place = {0};
    struct nvs_item item;
    while (nvs_storage_next(storage, &place, &item) == ESP_OK) {
        if (item.ns == NVS_NAMESPACES && item.data[0] == ns) {
            memcpy(name, item.key, sizeof item.key);
            return true;
        }
    }
    return false;
}
