#include "esp_partition.h"

#include <string.h>

#include "bootloader_common.h"
#include "device.h"
#include "esp_flash.h"
#include "esp_macros.h"
#include "flash_map.h"
#include "otasim_quirk.h"

#define COPY_UNIT FLASH_SECTOR_SIZE

/* The same checks come before every access. */
static esp_err_t check_range(const esp_partition_t *partition, size_t offset, size_t size)
{
    if (partition == NULL || offset > partition->size) {
        return ESP_ERR_INVALID_ARG;
    }
    return size > partition->size - offset ? ESP_ERR_INVALID_SIZE : ESP_OK;
}

static esp_err_t check_change(const esp_partition_t *partition, size_t offset, size_t size)
{
    if (partition != NULL && partition->readonly) {
        return ESP_ERR_NOT_ALLOWED;
    }
    return check_range(partition, offset, size);
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t src_offset, void *dst,
                             size_t size)
{
    if (partition == NULL || !partition->encrypted) {
        return esp_partition_read_raw(partition, src_offset, dst, size);
    }
    esp_err_t err = check_range(partition, src_offset, size);
    if (err != ESP_OK) {
        return err;
    }
    return esp_flash_read_encrypted(partition->flash_chip,
                                    partition->address + (uint32_t)src_offset, dst, (uint32_t)size);
}

esp_err_t esp_partition_read_raw(const esp_partition_t *partition, size_t src_offset, void *dst,
                                 size_t size)
{
    esp_err_t err = check_range(partition, src_offset, size);
    if (err != ESP_OK) {
        return err;
    }
    return esp_flash_read(partition->flash_chip, dst, partition->address + (uint32_t)src_offset,
                          (uint32_t)size);
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t dst_offset, const void *src,
                              size_t size)
{
    if (partition == NULL || !partition->encrypted) {
        return esp_partition_write_raw(partition, dst_offset, src, size);
    }
    esp_err_t err = check_change(partition, dst_offset, size);
    if (err != ESP_OK) {
        return err;
    }
    return esp_flash_write_encrypted(
        partition->flash_chip, partition->address + (uint32_t)dst_offset, src, (uint32_t)size);
}

esp_err_t esp_partition_write_raw(const esp_partition_t *partition, size_t dst_offset,
                                  const void *src, size_t size)
{
    esp_err_t err = check_change(partition, dst_offset, size);
    if (err != ESP_OK) {
        return err;
    }
    return esp_flash_write(partition->flash_chip, src, partition->address + (uint32_t)dst_offset,
                           (uint32_t)size);
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size)
{
    esp_err_t err = check_change(partition, offset, size);
    if (err != ESP_OK) {
        return err;
    }
    if (size % partition->erase_size != 0) {
        return ESP_ERR_INVALID_SIZE;
    }
    if (offset % partition->erase_size != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    return esp_flash_erase_region(partition->flash_chip, partition->address + (uint32_t)offset,
                                  (uint32_t)size);
}

esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size,
                             esp_partition_mmap_memory_t memory, const void **out_ptr,
                             esp_partition_mmap_handle_t *out_handle)
{
    (void)memory; /* data and instructions are mapped alike */
    if (out_ptr == NULL || out_handle == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    esp_err_t err = check_range(partition, offset, size);
    if (err != ESP_OK) {
        return err;
    }
    const struct device *device = device_current();
    if (device == NULL || partition->flash_chip != esp_flash_default_chip) {
        return ESP_ERR_NOT_SUPPORTED;
    }
    return flash_map_open(device->flash, partition->address + (uint32_t)offset, (uint32_t)size,
                          out_ptr, out_handle);
}

void esp_partition_munmap(esp_partition_mmap_handle_t handle)
{
    flash_map_close(handle);
}

esp_err_t esp_partition_get_sha256(const esp_partition_t *partition, uint8_t *sha_256)
{
    if (partition == NULL || sha_256 == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    return bootloader_common_get_sha256_of_partition(partition->address, partition->size,
                                                     (int)partition->type, sha_256);
}

bool esp_partition_check_identity(const esp_partition_t *partition_1,
                                  const esp_partition_t *partition_2)
{
    uint8_t sha_1[ESP_IMAGE_HASH_LEN], sha_2[ESP_IMAGE_HASH_LEN];
    return esp_partition_get_sha256(partition_1, sha_1) == ESP_OK &&
           esp_partition_get_sha256(partition_2, sha_2) == ESP_OK &&
           memcmp(sha_1, sha_2, sizeof sha_1) == 0;
}

static esp_err_t copy_unit(const esp_partition_t *to, uint32_t to_offset,
                           const esp_partition_t *from, uint32_t from_offset, uint32_t size)
{
    uint8_t buffer[COPY_UNIT];
    esp_err_t err = esp_partition_read(from, from_offset, buffer, size);
    return err == ESP_OK ? esp_partition_write(to, to_offset, buffer, size) : err;
}

static esp_err_t copy_in_units(const esp_partition_t *to, uint32_t to_offset,
                               const esp_partition_t *from, uint32_t from_offset, uint32_t size)
{
    esp_err_t err = ESP_OK;
    for (uint32_t done = 0; err == ESP_OK && done < size; done += COPY_UNIT) {
        uint32_t left = size - done;
        err = copy_unit(to, to_offset + done, from, from_offset + done,
                        left < COPY_UNIT ? left : COPY_UNIT);
    }
    return err;
}

/* Straight from the mapped flash, in one program call. */
static esp_err_t copy_at_once(const esp_partition_t *to, uint32_t to_offset,
                              const esp_partition_t *from, uint32_t from_offset, uint32_t size)
{
    const void *mapped;
    esp_partition_mmap_handle_t handle;
    esp_err_t err =
        esp_partition_mmap(from, from_offset, size, ESP_PARTITION_MMAP_DATA, &mapped, &handle);
    if (err != ESP_OK) {
        return err;
    }
    err = esp_partition_write(to, to_offset, mapped, size);
    esp_partition_munmap(handle);
    return err;
}

esp_err_t esp_partition_copy(const esp_partition_t *dest_part, uint32_t dest_offset,
                             const esp_partition_t *src_part, uint32_t src_offset, size_t size)
{
    if (dest_part == NULL || src_part == NULL || src_offset > src_part->size ||
        dest_offset > dest_part->size) {
        return ESP_ERR_INVALID_ARG;
    }
    if (size == SIZE_MAX) {
        size = src_part->size - src_offset;
    }
    if (size > src_part->size - src_offset || size > dest_part->size - dest_offset) {
        return ESP_ERR_INVALID_SIZE;
    }
    esp_err_t err = esp_partition_erase_range(dest_part, dest_offset,
                                              ESP_ALIGN_UP(size, (size_t)dest_part->erase_size));
    if (err != ESP_OK || size == 0) {
        return err;
    }
    return quirk(QUIRK_FINAL_COPY_AT_ONCE)
               ? copy_at_once(dest_part, dest_offset, src_part, src_offset, (uint32_t)size)
               : copy_in_units(dest_part, dest_offset, src_part, src_offset, (uint32_t)size);
}

uint32_t esp_partition_get_main_flash_sector_size(void)
{
    return FLASH_SECTOR_SIZE;
}
