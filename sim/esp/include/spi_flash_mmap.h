/* Flash as memory, as in ESP-IDF's spi_flash_mmap.h. */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_flash_err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPI_FLASH_SEC_SIZE 4096
#ifdef CONFIG_MMU_PAGE_SIZE
#define SPI_FLASH_MMU_PAGE_SIZE CONFIG_MMU_PAGE_SIZE
#else
#define SPI_FLASH_MMU_PAGE_SIZE 0x10000
#endif

#define SPI_FLASH_CACHE2PHYS_FAIL UINT32_MAX

/** The flash address behind a pointer: into mapped flash, or anything of the running app, which
 * gives the start of its partition. SPI_FLASH_CACHE2PHYS_FAIL if no app is running. */
size_t spi_flash_cache2phys(const void *cached);

#ifdef __cplusplus
}
#endif
