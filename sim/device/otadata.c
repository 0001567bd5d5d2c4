#include "otadata.h"

#include <stdio.h>
#include <string.h>

#include "flash_cipher.h"

_Static_assert(sizeof(struct otadata_entry) == 32, "lies in flash as it is in memory");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "flash contents are little-endian");

uint32_t otadata_crc(uint32_t seq)
{
    /* The ROM inverts the caller's start value 0xFFFFFFFF before use. */
    uint32_t crc = 0;
    for (unsigned byte = 0; byte < 4; byte++) {
        crc ^= seq >> (8 * byte) & 0xFFu;
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
        }
    }
    return ~crc;
}

bool otadata_entry_unusable(const struct otadata_entry *entry)
{
    return entry->seq == OTADATA_NO_SEQ || entry->state == OTADATA_INVALID ||
           entry->state == OTADATA_ABORTED;
}

bool otadata_entry_valid(const struct otadata_entry *entry)
{
    return !otadata_entry_unusable(entry) && entry->crc == otadata_crc(entry->seq);
}

int otadata_active(const struct otadata *otadata)
{
    bool first = otadata_entry_valid(&otadata->entry[0]);
    bool second = otadata_entry_valid(&otadata->entry[1]);
    if (first && second) {
        return otadata->entry[1].seq > otadata->entry[0].seq ? 1 : 0;
    }
    return first ? 0 : second ? 1 : -1;
}

uint32_t otadata_slot(uint32_t seq, uint32_t slots)
{
    return (seq - 1) % slots;
}

esp_err_t otadata_read(struct flash *flash, uint32_t offset, struct otadata *out)
{
    for (uint32_t i = 0; i < 2; i++) {
        esp_err_t result = flash_read_decrypted(flash, offset + i * FLASH_SECTOR_SIZE,
                                                &out->entry[i], sizeof out->entry[i]);
        if (result != ESP_OK) {
            return result;
        }
    }
    return ESP_OK;
}

esp_err_t otadata_write(struct flash *flash, uint32_t offset, int index,
                        const struct otadata_entry *entry, bool fix_crc)
{
    if (index < 0 || index > 1) {
        return ESP_ERR_INVALID_ARG;
    }
    struct otadata_entry row = *entry;
    if (fix_crc) {
        row.crc = otadata_crc(row.seq);
    }
    uint32_t address = offset + (uint32_t)index * FLASH_SECTOR_SIZE;
    esp_err_t result = flash_erase(flash, address, FLASH_SECTOR_SIZE);
    return result == ESP_OK ? flash_program_encrypted(flash, address, &row, sizeof row) : result;
}

const char *otadata_state_name(uint32_t state, char buf[16])
{
    static const char *const names[] = {
        [OTADATA_NEW] = "NEW",         [OTADATA_PENDING_VERIFY] = "PENDING_VERIFY",
        [OTADATA_VALID] = "VALID",     [OTADATA_INVALID] = "INVALID",
        [OTADATA_ABORTED] = "ABORTED",
    };
    if (state == OTADATA_UNDEFINED) {
        snprintf(buf, 16, "UNDEFINED");
    } else if (state < sizeof names / sizeof names[0]) {
        snprintf(buf, 16, "%s", names[state]);
    } else {
        snprintf(buf, 16, "0x%08x", (unsigned)state);
    }
    return buf;
}

static bool is_erased(const struct otadata_entry *entry)
{
    uint8_t erased[sizeof *entry];
    memset(erased, 0xFF, sizeof erased);
    return memcmp(entry, erased, sizeof erased) == 0;
}

const char *otadata_entry_text(const struct otadata_entry *entry, char buf[64])
{
    if (is_erased(entry)) {
        snprintf(buf, 64, "erased");
        return buf;
    }
    char state[16];
    char seq[16];
    snprintf(seq, sizeof seq, entry->seq == OTADATA_NO_SEQ ? "0x%X" : "%u", (unsigned)entry->seq);
    snprintf(buf, 64, "seq %s %s%s", seq, otadata_state_name(entry->state, state),
             entry->crc == otadata_crc(entry->seq) ? "" : ", bad CRC");
    return buf;
}
