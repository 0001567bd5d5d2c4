#include "chip.h"

#include <string.h>

/* The formats page's table; the RAM ranges are the parts of internal SRAM that ESP-IDF's linker
 * scripts give to an app on every revision of the chip. */
static const struct chip chips[] = {
    {
        .name = "esp32",
        .id = 0x0000,
        .bootloader_offset = 0x1000,
        .drom = {0x3F400000, 0x3F800000},
        .irom = {0x400D0000, 0x40400000},
        .dram = {0x3FFB0000, 0x3FFE0000},
        .iram = {0x40080000, 0x400A0000},
        .checks_efuse_block_revision = false,
        .boot_key_digests = 1,
    },
    {
        .name = "esp32s2",
        .id = 0x0002,
        .bootloader_offset = 0x1000,
        .drom = {0x3F000000, 0x3FF80000},
        .irom = {0x40080000, 0x40800000},
        .dram = {0x3FFC0000, 0x3FFF0000},
        .iram = {0x40028000, 0x40050000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
    },
    {
        .name = "esp32c3",
        .id = 0x0005,
        .bootloader_offset = 0x0,
        .drom = {0x3C000000, 0x3C800000},
        .irom = {0x42000000, 0x42800000},
        .dram = {0x3FC90000, 0x3FCC0000},
        .iram = {0x40380000, 0x40390000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
    },
    {
        .name = "esp32s3",
        .id = 0x0009,
        .bootloader_offset = 0x0,
        .drom = {0x3C000000, 0x3E000000},
        .irom = {0x42000000, 0x44000000},
        .dram = {0x3FC90000, 0x3FCE0000},
        .iram = {0x40378000, 0x40388000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
    },
    {
        .name = "esp32c2",
        .id = 0x000C,
        .bootloader_offset = 0x0,
        .drom = {0x3C000000, 0x3C400000},
        .irom = {0x42000000, 0x42400000},
        .dram = {0x3FCB0000, 0x3FCD0000},
        .iram = {0x4037C000, 0x40388000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 1,
        .mmu_page_from_descriptor = true,
    },
    {
        .name = "esp32c6",
        .id = 0x000D,
        .bootloader_offset = 0x0,
        .drom = {0x42000000, 0x43000000},
        .irom = {0x42000000, 0x43000000},
        .dram = {0x40820000, 0x40860000},
        .iram = {0x40800000, 0x40820000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
        .mmu_page_from_descriptor = true,
    },
    {
        .name = "esp32h2",
        .id = 0x0010,
        .bootloader_offset = 0x0,
        .drom = {0x42000000, 0x43000000},
        .irom = {0x42000000, 0x43000000},
        .dram = {0x40820000, 0x40840000},
        .iram = {0x40800000, 0x40820000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
        .mmu_page_from_descriptor = true,
    },
    {
        .name = "esp32p4",
        .id = 0x0012,
        .bootloader_offset = 0x2000,
        .drom = {0x40000000, 0x44000000},
        .irom = {0x40000000, 0x44000000},
        .dram = {0x4FF60000, 0x4FFA0000},
        .iram = {0x4FF40000, 0x4FF60000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
    },
    {
        .name = "esp32c61",
        .id = 0x0014,
        .bootloader_offset = 0x0,
        .drom = {0x42000000, 0x44000000},
        .irom = {0x42000000, 0x44000000},
        .dram = {0x40820000, 0x40840000},
        .iram = {0x40800000, 0x40820000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
        .mmu_page_from_descriptor = true,
    },
    {
        .name = "esp32c5",
        .id = 0x0017,
        .bootloader_offset = 0x2000,
        .drom = {0x42000000, 0x44000000},
        .irom = {0x42000000, 0x44000000},
        .dram = {0x40820000, 0x40850000},
        .iram = {0x40800000, 0x40820000},
        .checks_efuse_block_revision = true,
        .boot_key_digests = 3,
    },
};
enum { CHIP_COUNT = sizeof chips / sizeof chips[0] };

const struct chip *chip_all(size_t *count)
{
    *count = CHIP_COUNT;
    return chips;
}

const struct chip *chip_by_name(const char *name)
{
    for (size_t i = 0; i < CHIP_COUNT; i++) {
        if (strcmp(chips[i].name, name) == 0) {
            return &chips[i];
        }
    }
    return NULL;
}

const struct chip *chip_by_id(uint16_t id)
{
    for (size_t i = 0; i < CHIP_COUNT; i++) {
        if (chips[i].id == id) {
            return &chips[i];
        }
    }
    return NULL;
}

static bool range_has(struct chip_range range, uint32_t address)
{
    return address >= range.start && address < range.end;
}

bool chip_is_flash_mapped(const struct chip *chip, uint32_t address)
{
    return range_has(chip->drom, address) || range_has(chip->irom, address);
}
