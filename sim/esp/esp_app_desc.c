#include "esp_app_desc.h"

#include <stdlib.h>
#include <string.h>

#include "app_image.h"
#include "boot.h"
#include "flash_cipher.h"

/* CONFIG_APP_RETRIEVE_LEN_ELF_SHA of a fresh ESP-IDF project. */
#define ELF_SHA_CHARACTERS 9u

const esp_app_desc_t *esp_app_get_description(void)
{
    /* Linked into the app on the device, so it is read where the app runs from. */
    static const esp_app_desc_t none;
    const struct boot *boot = boot_current();
    if (boot == NULL || boot->device == NULL) {
        return &none;
    }
    static esp_app_desc_t description;
    uint8_t *bytes = flash_decrypted_copy(boot->device->flash,
                                          boot->running.offset + APP_IMAGE_DESCRIPTOR_OFFSET,
                                          APP_IMAGE_DESCRIPTOR_LENGTH);
    if (bytes == NULL) {
        return &none;
    }
    memcpy(&description, bytes, sizeof description);
    free(bytes);
    return &description;
}

int esp_app_get_elf_sha256(char *dst, size_t size)
{
    if (dst == NULL || size == 0) {
        return 0;
    }
    static const char hex[] = "0123456789abcdef";
    const uint8_t *sha = esp_app_get_description()->app_elf_sha256;
    size_t length = size - 1 < ELF_SHA_CHARACTERS ? size - 1 : ELF_SHA_CHARACTERS;
    for (size_t i = 0; i < length; i++) {
        dst[i] = hex[i % 2 == 0 ? sha[i / 2] >> 4 : sha[i / 2] & 0x0F];
    }
    dst[length] = '\0';
    return (int)length + 1;
}

char *esp_app_get_elf_sha256_str(void)
{
    static char text[ELF_SHA_CHARACTERS + 1];
    esp_app_get_elf_sha256(text, sizeof text);
    return text;
}
