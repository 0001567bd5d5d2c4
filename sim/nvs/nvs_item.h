/* The 32 bytes that begin every key-value pair in flash: "Structure of entry" in the NVS chapter of
 * the programming guide. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NVS_ENTRY_SIZE       32u
#define NVS_ENTRIES_PER_PAGE 126u
#define NVS_CHUNK_ANY        0xFFu /* of what is not a part of a blob */
#define NVS_CHUNK_LATER                                                                            \
    0x80u /* a blob's chunks count from 0, those that replace them from here                       \
           */
#define NVS_MAX_CHUNKS     127u
#define NVS_VALUE_MAX      4000u /* bytes of a string or a chunk */
#define NVS_NAMESPACES     0u    /* the namespace whose keys are the names of the others */
#define NVS_LAST_NAMESPACE 254u

/* Integers have the numbers of nvs_type_t. */
enum nvs_item_type {
    NVS_ITEM_U8 = 0x01,
    NVS_ITEM_STRING = 0x21,
    NVS_ITEM_OLD_BLOB = 0x41, /* format version 1: no longer than a page */
    NVS_ITEM_CHUNK = 0x42,
    NVS_ITEM_BLOB = 0x48, /* says where the chunks are */
};

/* As in flash; numbers are little-endian. */
struct nvs_item {
    uint8_t ns;
    uint8_t type;
    uint8_t span; /* entries, with this one */
    uint8_t chunk;
    uint8_t crc[4];
    char key[16];
    uint8_t data[8]; /* an integer, or the size and CRC of what follows, or struct nvs_blob */
};

/* The data of NVS_ITEM_BLOB. */
struct nvs_blob {
    uint32_t size;
    uint8_t count; /* chunks */
    uint8_t first; /* number of the first one */
};

/** CRC32 as the chips' ROM has it, for all of NVS: nothing has the CRC 0xFFFFFFFF. */
uint32_t nvs_crc(const void *bytes, size_t length);
/** The same piecewise: begins with NVS_CRC_OF_NOTHING. */
#define NVS_CRC_OF_NOTHING UINT32_MAX
uint32_t nvs_crc_more(uint32_t crc, const void *bytes, size_t length);

/** An item of a single entry, its CRC not yet set; unused data is 0xFF. */
struct nvs_item nvs_item_make(uint8_t ns, uint8_t type, const char *key);
/** Sets the CRC: the last thing done to it. */
void nvs_item_seal(struct nvs_item *item);
/** Whether CRC, type, span, key and the sizes in it make sense. */
bool nvs_item_is_sound(const struct nvs_item *item);

/** Whether data of its own follows: its size, and whether these bytes' CRC is the right one. */
bool nvs_item_has_payload(const struct nvs_item *item);
uint32_t nvs_item_payload_size(const struct nvs_item *item);
uint32_t nvs_item_payload_crc(const struct nvs_item *item);
void nvs_item_set_payload(struct nvs_item *item, const void *data, uint32_t size);

struct nvs_blob nvs_item_blob(const struct nvs_item *item);
void nvs_item_set_blob(struct nvs_item *item, struct nvs_blob blob);

/** Bytes of an integer type; 0 for the others. */
size_t nvs_integer_size(uint8_t type);

/** The number of the chunk, NVS_CHUNK_ANY for anything else: with namespace and key this is what
 * there may be one of. */
uint8_t nvs_item_part(const struct nvs_item *item);
bool nvs_items_are_rivals(const struct nvs_item *a, const struct nvs_item *b);
/** Equal for rivals; never 0. */
uint16_t nvs_item_hash(const struct nvs_item *item);
