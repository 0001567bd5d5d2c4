/* The two-sector otadata store that says which OTA slot boots (formats page, "OTA data"; native OTA
 * page, "otadata rules"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "flash.h"

enum otadata_state {
    OTADATA_NEW = 0,
    OTADATA_PENDING_VERIFY = 1,
    OTADATA_VALID = 2,
    OTADATA_INVALID = 3,
    OTADATA_ABORTED = 4,
};
#define OTADATA_UNDEFINED 0xFFFFFFFFu
#define OTADATA_NO_SEQ    0xFFFFFFFFu

/** One entry as it lies at the start of each otadata sector; 32 bytes, little-endian. */
struct otadata_entry {
    uint32_t seq;
    uint8_t label[20];
    uint32_t state;
    uint32_t crc;
};

struct otadata {
    struct otadata_entry entry[2];
};

/** CRC-32 over seq alone, as the device's ROM computes it. */
uint32_t otadata_crc(uint32_t seq);

/** seq is the erased value, or the state is INVALID or ABORTED. */
bool otadata_entry_unusable(const struct otadata_entry *entry);

/** Usable, and the CRC matches. */
bool otadata_entry_valid(const struct otadata_entry *entry);

/** Index of the entry that counts: of two valid ones the higher seq (0 on a tie); -1 if none. */
int otadata_active(const struct otadata *otadata);

/** The slot that a sequence number names: (seq - 1) mod slots. slots must not be 0. */
uint32_t otadata_slot(uint32_t seq, uint32_t slots);

/** Reads both entries of the otadata partition at `offset` (its first two sectors). */
esp_err_t otadata_read(struct flash *flash, uint32_t offset, struct otadata *out);

/** Writes one entry as given (CRC recomputed if fix_crc): erases its sector, programs 32 bytes. */
esp_err_t otadata_write(struct flash *flash, uint32_t offset, int index,
                        const struct otadata_entry *entry, bool fix_crc);

/** "NEW", "PENDING_VERIFY", ... or "0x%08x"; the text lives in buf. */
const char *otadata_state_name(uint32_t state, char buf[16]);

/** "erased", or "seq 3 VALID", with ", bad CRC" where it is. */
const char *otadata_entry_text(const struct otadata_entry *entry, char buf[64]);
