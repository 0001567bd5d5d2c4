#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "esp_flash.h"
#include "partition_list.h"

struct esp_partition_iterator_opaque_ {
    esp_partition_type_t type;
    esp_partition_subtype_t subtype;
    bool any_label;
    char
        label[sizeof((esp_partition_t *)0)->label + 1]; /* one too long is kept so, and not found */
    struct partition_node *node;
};

static bool matches(const struct esp_partition_iterator_opaque_ *wanted,
                    const esp_partition_t *partition)
{
    return (wanted->type == ESP_PARTITION_TYPE_ANY || wanted->type == partition->type) &&
           (wanted->subtype == ESP_PARTITION_SUBTYPE_ANY ||
            wanted->subtype == partition->subtype) &&
           (wanted->any_label || strcmp(wanted->label, partition->label) == 0);
}

static void move_to_match(esp_partition_iterator_t iterator, struct partition_node *from)
{
    while (from != NULL && !matches(iterator, &from->info)) {
        from = STAILQ_NEXT(from, link);
    }
    iterator->node = from;
}

static bool start(esp_partition_iterator_t iterator, esp_partition_type_t type,
                  esp_partition_subtype_t subtype, const char *label)
{
    if (type == ESP_PARTITION_TYPE_ANY && subtype != ESP_PARTITION_SUBTYPE_ANY) {
        return false;
    }
    *iterator = (struct esp_partition_iterator_opaque_){
        .type = type, .subtype = subtype, .any_label = label == NULL};
    if (label != NULL) {
        strncpy(iterator->label, label, sizeof iterator->label - 1);
    }
    move_to_match(iterator, STAILQ_FIRST(partition_list()));
    return iterator->node != NULL;
}

esp_partition_iterator_t esp_partition_find(esp_partition_type_t type,
                                            esp_partition_subtype_t subtype, const char *label)
{
    esp_partition_iterator_t iterator = malloc(sizeof *iterator);
    if (iterator != NULL && !start(iterator, type, subtype, label)) {
        free(iterator);
        return NULL;
    }
    return iterator;
}

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type,
                                                esp_partition_subtype_t subtype, const char *label)
{
    struct esp_partition_iterator_opaque_ iterator;
    return start(&iterator, type, subtype, label) ? &iterator.node->info : NULL;
}

const esp_partition_t *esp_partition_get(esp_partition_iterator_t iterator)
{
    return iterator != NULL && iterator->node != NULL ? &iterator->node->info : NULL;
}

esp_partition_iterator_t esp_partition_next(esp_partition_iterator_t iterator)
{
    if (iterator == NULL) {
        return NULL;
    }
    move_to_match(iterator, STAILQ_NEXT(iterator->node, link));
    if (iterator->node == NULL) {
        free(iterator);
        return NULL;
    }
    return iterator;
}

void esp_partition_iterator_release(esp_partition_iterator_t iterator)
{
    free(iterator);
}

const esp_partition_t *esp_partition_verify(const esp_partition_t *partition)
{
    if (partition == NULL) {
        return NULL;
    }
    struct partition_node *node;
    STAILQ_FOREACH(node, partition_list(), link)
    {
        const esp_partition_t *known = &node->info;
        if (known->flash_chip == partition->flash_chip && known->type == partition->type &&
            known->subtype == partition->subtype && known->address == partition->address &&
            known->size == partition->size && known->encrypted == partition->encrypted &&
            strncmp(known->label, partition->label, sizeof known->label) == 0) {
            return known;
        }
    }
    return NULL;
}

static bool overlaps(size_t a, size_t a_size, size_t b, size_t b_size)
{
    return a_size > 0 && b_size > 0 && (a < b ? b - a < a_size : a - b < b_size);
}

esp_err_t esp_partition_register_external(esp_flash_t *flash_chip, size_t offset, size_t size,
                                          const char *label, esp_partition_type_t type,
                                          esp_partition_subtype_t subtype,
                                          const esp_partition_t **out_partition)
{
    uint32_t chip_size;
    esp_err_t err = esp_flash_get_size(flash_chip, &chip_size);
    if (err != ESP_OK) {
        return err;
    }
    if (offset > chip_size || size > chip_size - offset) {
        return ESP_ERR_INVALID_SIZE;
    }
    struct partition_list *list = partition_list();
    struct partition_node *node;
    STAILQ_FOREACH(node, list, link)
    {
        if (overlaps(offset, size, node->info.address, node->info.size)) {
            return ESP_ERR_INVALID_ARG;
        }
    }
    node = calloc(1, sizeof *node);
    if (node == NULL) {
        return ESP_ERR_NO_MEM;
    }
    node->external = true;
    node->info = (esp_partition_t){
        .flash_chip = esp_flash_default_chip,
        .type = type,
        .subtype = subtype,
        .address = (uint32_t)offset,
        .size = (uint32_t)size,
        .erase_size = FLASH_SECTOR_SIZE,
    };
    if (label != NULL) {
        strncpy(node->info.label, label, sizeof node->info.label - 1);
    }
    STAILQ_INSERT_TAIL(list, node, link);
    if (out_partition != NULL) {
        *out_partition = &node->info;
    }
    return ESP_OK;
}

esp_err_t esp_partition_deregister_external(const esp_partition_t *partition)
{
    struct partition_list *list = partition_list();
    struct partition_node *node;
    STAILQ_FOREACH(node, list, link)
    {
        if (&node->info != partition) {
            continue;
        }
        if (!node->external) {
            return ESP_ERR_INVALID_ARG;
        }
        STAILQ_REMOVE(list, node, partition_node, link);
        free(node);
        return ESP_OK;
    }
    return ESP_ERR_NOT_FOUND;
}

bool esp_partition_main_flash_region_safe(size_t addr, size_t size)
{
    const size_t protected_end = PARTITION_TABLE_OFFSET + PARTITION_TABLE_MAX_LENGTH;
    if (overlaps(addr, size, 0, protected_end)) {
        return false;
    }
    const struct boot *boot = boot_current();
    return boot == NULL || !overlaps(addr, size, boot->running.offset, boot->running.size);
}

bool esp_partition_is_flash_region_writable(size_t addr, size_t size)
{
    struct partition_node *node;
    STAILQ_FOREACH(node, partition_list(), link)
    {
        if (node->info.readonly && overlaps(addr, size, node->info.address, node->info.size)) {
            return false;
        }
    }
    return true;
}
