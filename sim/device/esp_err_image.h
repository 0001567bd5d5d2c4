/* Image error codes for code below the ESP-IDF API; esp_image_format.h gives firmware the same. */
#pragma once

#ifndef ESP_ERR_IMAGE_BASE
#define ESP_ERR_IMAGE_BASE       0x2000
#define ESP_ERR_IMAGE_FLASH_FAIL (ESP_ERR_IMAGE_BASE + 1)
#define ESP_ERR_IMAGE_INVALID    (ESP_ERR_IMAGE_BASE + 2)
#endif
