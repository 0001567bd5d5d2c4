#include "nvs_item.h"

#include <string.h>

#include "bytes.h"

#define CRC_AT      4u
#define AFTER_CRC   8u
#define SIGNED_FLAG 0x10u

_Static_assert(sizeof(struct nvs_item) == NVS_ENTRY_SIZE, "an item is an entry of its own");

uint32_t nvs_crc_more(uint32_t crc, const void *bytes, size_t length)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ table[crc & 0xFu];
        crc = crc >> 4 ^ table[crc & 0xFu];
    }
    return ~crc;
}

uint32_t nvs_crc(const void *bytes, size_t length)
{
    return nvs_crc_more(NVS_CRC_OF_NOTHING, bytes, length);
}

static uint32_t crc_of(const struct nvs_item *item)
{
    const uint8_t *bytes = (const uint8_t *)item;
    uint32_t crc = nvs_crc(bytes, CRC_AT);
    return nvs_crc_more(crc, bytes + AFTER_CRC, sizeof *item - AFTER_CRC);
}

struct nvs_item nvs_item_make(uint8_t ns, uint8_t type, const char *key)
{
    struct nvs_item item = {.ns = ns, .type = type, .span = 1, .chunk = NVS_CHUNK_ANY};
    size_t length = strlen(key);
    memcpy(item.key, key, length < sizeof item.key ? length : sizeof item.key - 1);
    memset(item.data, 0xFF, sizeof item.data);
    return item;
}

void nvs_item_seal(struct nvs_item *item)
{
    put_u32(item->crc, crc_of(item));
}

size_t nvs_integer_size(uint8_t type)
{
    uint8_t size = type & (uint8_t)~SIGNED_FLAG;
    return size == 1 || size == 2 || size == 4 || size == 8 ? size : 0;
}

bool nvs_item_has_payload(const struct nvs_item *item)
{
    return item->type == NVS_ITEM_STRING || item->type == NVS_ITEM_OLD_BLOB ||
           item->type == NVS_ITEM_CHUNK;
}

uint32_t nvs_item_payload_size(const struct nvs_item *item)
{
    return get_u16(item->data);
}

uint32_t nvs_item_payload_crc(const struct nvs_item *item)
{
    return get_u32(item->data + 4);
}

void nvs_item_set_payload(struct nvs_item *item, const void *data, uint32_t size)
{
    put_u16(item->data, size);
    put_u32(item->data + 4, nvs_crc(data, size));
    item->span = (uint8_t)(1 + (size + NVS_ENTRY_SIZE - 1) / NVS_ENTRY_SIZE);
}

struct nvs_blob nvs_item_blob(const struct nvs_item *item)
{
    return (struct nvs_blob){
        .size = get_u32(item->data), .count = item->data[4], .first = item->data[5]};
}

void nvs_item_set_blob(struct nvs_item *item, struct nvs_blob blob)
{
    put_u32(item->data, blob.size);
    item->data[4] = blob.count;
    item->data[5] = blob.first;
}

static bool payload_is_sound(const struct nvs_item *item)
{
    uint32_t size = nvs_item_payload_size(item);
    return size <= NVS_VALUE_MAX &&
           item->span == 1 + (size + NVS_ENTRY_SIZE - 1) / NVS_ENTRY_SIZE &&
           (item->type != NVS_ITEM_CHUNK || item->chunk != NVS_CHUNK_ANY);
}

static bool blob_is_sound(const struct nvs_item *item)
{
    struct nvs_blob blob = nvs_item_blob(item);
    return blob.count <= NVS_MAX_CHUNKS && (blob.first == 0 || blob.first == NVS_CHUNK_LATER) &&
           blob.size <= blob.count * NVS_VALUE_MAX;
}

static bool namespace_is_sound(const struct nvs_item *item)
{
    return item->type == NVS_ITEM_U8 && item->data[0] != NVS_NAMESPACES &&
           item->data[0] <= NVS_LAST_NAMESPACE;
}

bool nvs_item_is_sound(const struct nvs_item *item)
{
    if (get_u32(item->crc) != crc_of(item) || item->key[0] == '\0' ||
        memchr(item->key, '\0', sizeof item->key) == NULL || item->ns > NVS_LAST_NAMESPACE) {
        return false;
    }
    if (item->ns == NVS_NAMESPACES && !namespace_is_sound(item)) {
        return false;
    }
    if (nvs_item_has_payload(item)) {
        return payload_is_sound(item);
    }
    if (item->type == NVS_ITEM_BLOB && !blob_is_sound(item)) {
        return false;
    }
    return item->span == 1 && (item->type == NVS_ITEM_BLOB || nvs_integer_size(item->type) != 0);
}

uint8_t nvs_item_part(const struct nvs_item *item)
{
    return item->type == NVS_ITEM_CHUNK ? item->chunk : NVS_CHUNK_ANY;
}

bool nvs_items_are_rivals(const struct nvs_item *a, const struct nvs_item *b)
{
    return a->ns == b->ns && nvs_item_part(a) == nvs_item_part(b) &&
           strncmp(a->key, b->key, sizeof a->key) == 0;
}

uint16_t nvs_item_hash(const struct nvs_item *item)
{
    uint8_t numbers[2] = {item->ns, nvs_item_part(item)};
    uint32_t crc = nvs_crc_more(nvs_crc(numbers, 2), item->key, strnlen(item->key, 16));
    uint16_t hash = (uint16_t)(crc ^ crc >> 16);
    return hash != 0 ? hash : 1;
}
