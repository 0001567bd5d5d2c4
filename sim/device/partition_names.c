#include "partition_names.h"

#include <stddef.h>
#include <string.h>

#include "partition_table.h"

static const struct {
    const char *word;
    uint8_t type;
} types[] = {
    {"app", PARTITION_TYPE_APP},
    {"data", PARTITION_TYPE_DATA},
    {"bootloader", PARTITION_TYPE_BOOTLOADER},
    {"partition_table", PARTITION_TYPE_TABLE},
};

static const struct {
    uint8_t type;
    const char *word;
    uint8_t subtype;
} subtypes[] = {
    {PARTITION_TYPE_APP, "factory", 0x00},    {PARTITION_TYPE_APP, "ota_0", 0x10},
    {PARTITION_TYPE_APP, "ota_1", 0x11},      {PARTITION_TYPE_APP, "ota_2", 0x12},
    {PARTITION_TYPE_APP, "ota_3", 0x13},      {PARTITION_TYPE_APP, "ota_4", 0x14},
    {PARTITION_TYPE_APP, "ota_5", 0x15},      {PARTITION_TYPE_APP, "ota_6", 0x16},
    {PARTITION_TYPE_APP, "ota_7", 0x17},      {PARTITION_TYPE_APP, "ota_8", 0x18},
    {PARTITION_TYPE_APP, "ota_9", 0x19},      {PARTITION_TYPE_APP, "ota_10", 0x1A},
    {PARTITION_TYPE_APP, "ota_11", 0x1B},     {PARTITION_TYPE_APP, "ota_12", 0x1C},
    {PARTITION_TYPE_APP, "ota_13", 0x1D},     {PARTITION_TYPE_APP, "ota_14", 0x1E},
    {PARTITION_TYPE_APP, "ota_15", 0x1F},     {PARTITION_TYPE_APP, "test", 0x20},
    {PARTITION_TYPE_DATA, "ota", 0x00},       {PARTITION_TYPE_DATA, "phy", 0x01},
    {PARTITION_TYPE_DATA, "nvs", 0x02},       {PARTITION_TYPE_DATA, "coredump", 0x03},
    {PARTITION_TYPE_DATA, "nvs_keys", 0x04},  {PARTITION_TYPE_DATA, "efuse", 0x05},
    {PARTITION_TYPE_DATA, "undefined", 0x06}, {PARTITION_TYPE_DATA, "esphttpd", 0x80},
    {PARTITION_TYPE_DATA, "fat", 0x81},       {PARTITION_TYPE_DATA, "spiffs", 0x82},
    {PARTITION_TYPE_DATA, "littlefs", 0x83},  {PARTITION_TYPE_BOOTLOADER, "primary", 0x00},
    {PARTITION_TYPE_BOOTLOADER, "ota", 0x01}, {PARTITION_TYPE_BOOTLOADER, "recovery", 0x02},
    {PARTITION_TYPE_TABLE, "primary", 0x00},  {PARTITION_TYPE_TABLE, "ota", 0x01},
};

const char *partition_type_word(uint8_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type) {
            return types[i].word;
        }
    }
    return NULL;
}

const char *partition_subtype_word(uint8_t type, uint8_t subtype)
{
    for (size_t i = 0; i < sizeof subtypes / sizeof subtypes[0]; i++) {
        if (subtypes[i].type == type && subtypes[i].subtype == subtype) {
            return subtypes[i].word;
        }
    }
    return NULL;
}

bool partition_type_from_word(const char *word, uint8_t *type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].word, word) == 0) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

bool partition_subtype_from_word(uint8_t type, const char *word, uint8_t *subtype)
{
    for (size_t i = 0; i < sizeof subtypes / sizeof subtypes[0]; i++) {
        if (subtypes[i].type == type && strcmp(subtypes[i].word, word) == 0) {
            *subtype = subtypes[i].subtype;
            return true;
        }
    }
    return false;
}
