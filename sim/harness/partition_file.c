#include "partition_file.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"

#define MAX_FILE_LENGTH (1u << 20)

/* Text has no zero and no 0xFF bytes; the binary form is full of both. */
static bool is_binary(const uint8_t *bytes, size_t length)
{
    return length >= 2 && ((bytes[0] == 0xAA && bytes[1] == 0x50) || bytes[0] == 0xFF ||
                           memchr(bytes, '\0', length) != NULL);
}

bool partition_file_parse(const char *name, const uint8_t *bytes, size_t length,
                          uint32_t flash_size, uint32_t bootloader_offset,
                          struct partition_table *out, struct error *err)
{
    if (!is_binary(bytes, length)) {
        return partition_table_from_csv(name, (const char *)bytes, length, flash_size,
                                        bootloader_offset, out, err);
    }
    /* A file may end with its last entry: in flash, erased sectors follow. */
    uint8_t flash[PARTITION_TABLE_MAX_LENGTH];
    memset(flash, 0xFF, sizeof flash);
    memcpy(flash, bytes, length < sizeof flash ? length : sizeof flash);
    struct error why;
    if (partition_table_from_binary(flash, sizeof flash, flash_size, out, &why) != ESP_OK) {
        return error_set(err, "%s: %s", name, why.text);
    }
    return true;
}

bool partition_file_read(const char *path, uint32_t flash_size, uint32_t bootloader_offset,
                         struct partition_table *out, struct error *err)
{
    uint8_t *bytes;
    size_t length;
    if (!read_file(path, MAX_FILE_LENGTH, &bytes, &length, err)) {
        return false;
    }
    bool ok = partition_file_parse(path, bytes, length, flash_size, bootloader_offset, out, err);
    free(bytes);
    return ok;
}
