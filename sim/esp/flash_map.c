#include "flash_map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "flash_cipher.h"

/* Plain flash is seen directly; of encrypted flash there is a copy for each mapping. */
struct mapping {
    uint32_t handle;
    const struct flash *flash;
    uint32_t address, length;
    uint8_t *copy;
    SLIST_ENTRY(mapping) link;
};

static SLIST_HEAD(, mapping) mappings = SLIST_HEAD_INITIALIZER(mappings);
static uint32_t last_handle;

static esp_err_t map_decrypted(struct flash *flash, uint32_t address, uint32_t length,
                               const void **out_bytes)
{
    struct mapping *mapping = calloc(1, sizeof *mapping);
    uint8_t *copy = flash_decrypted_copy(flash, address, length);
    if (mapping == NULL || copy == NULL) {
        free(mapping);
        free(copy);
        return ESP_ERR_NO_MEM;
    }
    *mapping = (struct mapping){
        .handle = last_handle, .flash = flash, .address = address, .length = length, .copy = copy};
    SLIST_INSERT_HEAD(&mappings, mapping, link);
    *out_bytes = copy;
    return ESP_OK;
}

esp_err_t flash_map_open(struct flash *flash, uint32_t address, uint32_t length,
                         const void **out_bytes, uint32_t *out_handle)
{
    *out_bytes = flash_view(flash, address, length);
    if (*out_bytes == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *out_handle = ++last_handle;
    return flash_key(flash)->length == 0 || length == 0
               ? ESP_OK
               : map_decrypted(flash, address, length, out_bytes);
}

void flash_map_close(uint32_t handle)
{
    struct mapping *mapping;
    SLIST_FOREACH(mapping, &mappings, link)
    {
        if (mapping->handle == handle) {
            SLIST_REMOVE(&mappings, mapping, mapping, link);
            free(mapping->copy);
            free(mapping);
            return;
        }
    }
}

static void refresh(struct mapping *mapping, uint32_t address, uint32_t length)
{
    uint32_t from = address > mapping->address ? address : mapping->address;
    uint32_t end = address + length < mapping->address + mapping->length
                       ? address + length
                       : mapping->address + mapping->length;
    uint8_t *now = from < end ? flash_decrypted_copy(mapping->flash, from, end - from) : NULL;
    if (now != NULL) {
        memcpy(mapping->copy + (from - mapping->address), now, end - from);
    }
    free(now);
}

void flash_map_refresh(const struct flash *flash, uint32_t address, uint32_t length)
{
    /* A write that is no multiple of a block changes what its block decrypts to. */
    uint32_t from = address - address % FLASH_CIPHER_BLOCK;
    uint32_t end =
        (address + length + FLASH_CIPHER_BLOCK - 1) / FLASH_CIPHER_BLOCK * FLASH_CIPHER_BLOCK;
    struct mapping *mapping;
    SLIST_FOREACH(mapping, &mappings, link)
    {
        if (mapping->flash == flash) {
            refresh(mapping, from, end - from);
        }
    }
}

bool flash_map_address(const struct flash *flash, const void *pointer, uint32_t *out_address)
{
    uintptr_t at = (uintptr_t)pointer, start = (uintptr_t)flash_view(flash, 0, 0);
    if (at >= start && at - start < flash_size(flash)) {
        *out_address = (uint32_t)(at - start);
        return true;
    }
    struct mapping *mapping;
    SLIST_FOREACH(mapping, &mappings, link)
    {
        start = (uintptr_t)mapping->copy;
        if (mapping->flash == flash && at >= start && at - start < mapping->length) {
            *out_address = mapping->address + (uint32_t)(at - start);
            return true;
        }
    }
    return false;
}
