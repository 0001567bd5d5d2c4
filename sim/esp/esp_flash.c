#include "esp_flash.h"

#include <inttypes.h>
#include <stdio.h>

#include "boot.h"
#include "esp_partition.h"
#include "esp_private/esp_flash_internal.h"
#include "flash_cipher.h"
#include "flash_map.h"
#include "scheduler.h"
#include "spi_flash_mmap.h"

struct esp_flash_t {
    bool dangerous_writes_allowed;
};

static struct esp_flash_t main_chip;
esp_flash_t *esp_flash_default_chip = &main_chip;

/* Resolves the chip and checks that the range lies in it. */
static esp_err_t check_range(const esp_flash_t *chip, uint32_t address, uint32_t length,
                             struct device **device)
{
    *device = device_current();
    if (*device == NULL) {
        return ESP_ERR_FLASH_NOT_INITIALISED;
    }
    uint32_t size = flash_size((*device)->flash);
    if ((chip != NULL && chip != &main_chip) || address > size || length > size - address) {
        return ESP_ERR_INVALID_ARG;
    }
    return ESP_OK;
}

static esp_err_t check_write(const esp_flash_t *chip, const char *what, uint32_t address,
                             uint32_t length, struct device **device)
{
    esp_err_t err = check_range(chip, address, length, device);
    if (err != ESP_OK || length == 0) {
        return err;
    }
    if (!main_chip.dangerous_writes_allowed &&
        !esp_partition_main_flash_region_safe(address, length)) {
        char detail[128];
        snprintf(detail, sizeof detail,
                 "%s of 0x%" PRIx32 " bytes at 0x%" PRIx32
                 " would hit bootloader, partition table or running app",
                 what, length, address);
        boot_end(BOOT_END_PANIC, detail);
    }
    return esp_partition_is_flash_region_writable(address, length) ? ESP_OK : ESP_ERR_NOT_ALLOWED;
}

esp_err_t esp_flash_set_dangerous_write_protection(esp_flash_t *chip, const bool protect)
{
    if (chip != NULL && chip != &main_chip) {
        return ESP_ERR_INVALID_ARG;
    }
    main_chip.dangerous_writes_allowed = !protect;
    return ESP_OK;
}

esp_err_t esp_flash_get_size(esp_flash_t *chip, uint32_t *out_size)
{
    struct device *device;
    esp_err_t err = check_range(chip, 0, 0, &device);
    if (err == ESP_OK && out_size == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (err == ESP_OK) {
        *out_size = flash_size(device->flash);
    }
    return err;
}

esp_err_t esp_flash_get_physical_size(esp_flash_t *chip, uint32_t *out_size)
{
    return esp_flash_get_size(chip, out_size);
}

typedef esp_err_t flash_reader(struct flash *flash, uint32_t address, void *out, uint32_t length);
typedef esp_err_t flash_writer(struct flash *flash, uint32_t address, const void *data,
                               uint32_t length);

static esp_err_t read_by(flash_reader *reader, esp_flash_t *chip, void *buffer, uint32_t address,
                         uint32_t length)
{
    struct device *device;
    esp_err_t err = check_range(chip, address, length, &device);
    if (err != ESP_OK || length == 0) {
        return err;
    }
    if (buffer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    err = reader(device->flash, address, buffer, length);
    device_advance_us(device, flash_read_time_us(length));
    rtos_preempt();
    return err;
}

static esp_err_t write_by(flash_writer *writer, esp_flash_t *chip, const void *buffer,
                          uint32_t address, uint32_t length)
{
    struct device *device;
    esp_err_t err = check_write(chip, "a write", address, length, &device);
    if (err != ESP_OK || length == 0) {
        return err;
    }
    if (buffer == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    err = writer(device->flash, address, buffer, length);
    flash_map_refresh(device->flash, address, length);
    device_advance_us(device, flash_program_time_us(length));
    rtos_preempt();
    return err;
}

esp_err_t esp_flash_read(esp_flash_t *chip, void *buffer, uint32_t address, uint32_t length)
{
    return read_by(flash_read, chip, buffer, address, length);
}

esp_err_t esp_flash_write(esp_flash_t *chip, const void *buffer, uint32_t address, uint32_t length)
{
    return write_by(flash_program, chip, buffer, address, length);
}

esp_err_t esp_flash_erase_region(esp_flash_t *chip, uint32_t start, uint32_t len)
{
    struct device *device;
    if (start % FLASH_SECTOR_SIZE != 0 || len % FLASH_SECTOR_SIZE != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = check_write(chip, "an erase", start, len, &device);
    for (uint32_t done = 0; err == ESP_OK && done < len; done += FLASH_SECTOR_SIZE) {
        err = flash_erase(device->flash, start + done, FLASH_SECTOR_SIZE);
        flash_map_refresh(device->flash, start + done, FLASH_SECTOR_SIZE);
        device_advance_us(device, flash_erase_time_us(FLASH_SECTOR_SIZE));
        device_wait_us(device, 0); /* CONFIG_SPI_FLASH_YIELD_DURING_ERASE: all others may run */
    }
    return err;
}

esp_err_t esp_flash_erase_chip(esp_flash_t *chip)
{
    uint32_t size;
    esp_err_t err = esp_flash_get_size(chip, &size);
    return err == ESP_OK ? esp_flash_erase_region(chip, 0, size) : err;
}

esp_err_t esp_flash_read_encrypted(esp_flash_t *chip, uint32_t address, void *out_buffer,
                                   uint32_t length)
{
    return read_by(flash_read_decrypted, chip, out_buffer, address, length);
}

esp_err_t esp_flash_write_encrypted(esp_flash_t *chip, uint32_t address, const void *buffer,
                                    uint32_t length)
{
    if (address % FLASH_CIPHER_BLOCK != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    if (length % FLASH_CIPHER_BLOCK != 0) {
        return ESP_ERR_INVALID_SIZE;
    }
    return write_by(flash_program_encrypted, chip, buffer, address, length);
}

size_t spi_flash_cache2phys(const void *cached)
{
    const struct boot *boot = boot_current();
    const struct device *device = device_current();
    uint32_t address;
    if (device != NULL && flash_map_address(device->flash, cached, &address)) {
        return address;
    }
    return boot != NULL ? boot->running.offset : SPI_FLASH_CACHE2PHYS_FAIL;
}
