/* The chips that an image can be built for, and what the OTA path needs to know of each
 * (spec: formats page, "Chips"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chip_range {
    uint32_t start; /* first address inside */
    uint32_t end;   /* first address outside */
};

struct chip {
    const char *name;           /* ESP-IDF target name, e.g. "esp32s3" */
    uint16_t id;                /* esp_chip_id_t in the image header */
    uint32_t bootloader_offset; /* in flash, bytes */
    struct chip_range drom;     /* flash-mapped data */
    struct chip_range irom;     /* flash-mapped code; equals drom where the ranges are shared */
    struct chip_range dram;     /* a loadable RAM range, for building images */
    struct chip_range iram;
    bool checks_efuse_block_revision;
    uint8_t boot_key_digests;      /* secure boot key digests in efuse */
    bool mmu_page_from_descriptor; /* page size comes from the app descriptor, if it names one */
};

/** All chips, in the order of the formats page; *count receives how many. */
const struct chip *chip_all(size_t *count);

/** The chip with that ESP-IDF target name, or NULL. */
const struct chip *chip_by_name(const char *name);

/** The chip with that image chip id, or NULL. */
const struct chip *chip_by_id(uint16_t id);

/** True if the address is in a flash-mapped range of the chip. */
bool chip_is_flash_mapped(const struct chip *chip, uint32_t address);
