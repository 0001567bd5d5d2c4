/* Partition tables as builds leave them: a partitions.csv, or its binary form. Which one it is
 * shows in the contents. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "partition_table.h"

/** Parses the bytes of a file of that name. Errors begin with it; flash_size and bootloader_offset
 * as partition_table_from_csv has them. */
bool partition_file_parse(const char *name, const uint8_t *bytes, size_t length,
                          uint32_t flash_size, uint32_t bootloader_offset,
                          struct partition_table *out, struct error *err);

/** Reads and parses the file. */
bool partition_file_read(const char *path, uint32_t flash_size, uint32_t bootloader_offset,
                         struct partition_table *out, struct error *err);
