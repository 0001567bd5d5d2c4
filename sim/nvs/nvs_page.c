#include "nvs_page.h"

#include <string.h>

#include "bytes.h"
#include "esp_heap_caps.h"
#include "flash.h"

#define SEQ_AT      4u
#define VERSION_AT  8u
#define CRC_AT      28u
#define HEADER_SIZE 32u
#define STATES_AT   32u
#define ENTRIES_AT  64u
#define VERSION_1   0xFFu /* versions count down */
#define VERSION_2   0xFEu
#define WORD        4u

static uint32_t entry_offset(const struct nvs_page *page, unsigned entry)
{
    return page->offset + ENTRIES_AT + entry * NVS_ENTRY_SIZE;
}

static esp_err_t program(const struct nvs_page *page, uint32_t offset, const void *bytes,
                         uint32_t length)
{
    if (page->partition->readonly || length == 0) {
        return ESP_OK;
    }
    return esp_partition_write_raw(page->partition, offset, bytes, length);
}

static unsigned state_of(const struct nvs_page *page, unsigned entry)
{
    return (unsigned)page->states[entry / 4] >> entry % 4 * 2 & 3u;
}

/* The words that hold the states, in a single program: the item's first entry comes first. */
static esp_err_t set_states(struct nvs_page *page, unsigned entry, unsigned count,
                            enum nvs_entry_state state)
{
    if (count == 0) {
        return ESP_OK;
    }
    for (unsigned i = entry; i < entry + count; i++) {
        unsigned shift = i % 4 * 2;
        unsigned others = page->states[i / 4] & ~(3u << shift);
        page->states[i / 4] = (uint8_t)(others | (unsigned)state << shift);
    }
    unsigned first = entry / 4 / WORD * WORD;
    unsigned end = (entry + count - 1) / 4 / WORD * WORD + WORD;
    return program(page, page->offset + STATES_AT + first, page->states + first, end - first);
}

static bool is_blank(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0xFF && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static bool make_hashes(struct nvs_page *page)
{
    page->hashes = heap_caps_calloc(NVS_ENTRIES_PER_PAGE, sizeof *page->hashes, MALLOC_CAP_DEFAULT);
    return page->hashes != NULL;
}

void nvs_page_unload(struct nvs_page *page)
{
    heap_caps_free(page->hashes);
    page->hashes = NULL;
}

static esp_err_t load_header(struct nvs_page *page, const uint8_t *bytes)
{
    page->state = NVS_PAGE_FREE;
    page->blank = is_blank(bytes, FLASH_SECTOR_SIZE);
    page->seq = get_u32(bytes + SEQ_AT);
    memcpy(page->states, bytes + STATES_AT, sizeof page->states);
    uint32_t state = get_u32(bytes);
    bool used = state == NVS_PAGE_ACTIVE || state == NVS_PAGE_FULL || state == NVS_PAGE_FREEING;
    if (!used || page->seq == NVS_NO_SEQ ||
        get_u32(bytes + CRC_AT) != nvs_crc(bytes + SEQ_AT, CRC_AT - SEQ_AT)) {
        return ESP_OK;
    }
    if (bytes[VERSION_AT] != VERSION_1 && bytes[VERSION_AT] != VERSION_2) {
        return ESP_ERR_NVS_NEW_VERSION_FOUND;
    }
    page->state = state;
    return ESP_OK;
}

static bool all_written(const struct nvs_page *page, unsigned entry, unsigned count)
{
    for (unsigned i = entry; i < entry + count; i++) {
        if (state_of(page, i) != NVS_ENTRY_WRITTEN) {
            return false;
        }
    }
    return true;
}

/* Entries from this one on that are no part of a sound item and are to be erased; *next is where to
 * look further. */
static unsigned load_entry(struct nvs_page *page, const uint8_t *bytes, unsigned entry,
                           unsigned *next)
{
    struct nvs_item item;
    memcpy(&item, bytes + ENTRIES_AT + entry * NVS_ENTRY_SIZE, sizeof item);
    *next = entry + 1;
    switch (state_of(page, entry)) {
    case NVS_ENTRY_ERASED:
        return 0;
    case NVS_ENTRY_EMPTY: /* power was cut between an entry and its state */
        return is_blank((const uint8_t *)&item, sizeof item) ? 0 : 1;
    case NVS_ENTRY_WRITTEN:
        break;
    default:
        return 1;
    }
    if (!nvs_item_is_sound(&item) || entry + item.span > NVS_ENTRIES_PER_PAGE) {
        return 1;
    }
    *next = entry + item.span;
    if (!all_written(page, entry, item.span)) {
        return item.span;
    }
    page->hashes[entry] = nvs_item_hash(&item);
    return 0;
}

/* Runs of what is to be erased become a single operation. */
static esp_err_t load_entries(struct nvs_page *page, const uint8_t *bytes)
{
    unsigned run = 0, run_length = 0, next = 0;
    for (unsigned entry = 0; entry < NVS_ENTRIES_PER_PAGE; entry = next) {
        unsigned bad = load_entry(page, bytes, entry, &next);
        if (run_length != 0 && (bad == 0 || run + run_length != entry)) {
            esp_err_t err = nvs_page_erase_item(page, run, run_length);
            if (err != ESP_OK) {
                return err;
            }
            run_length = 0;
        }
        if (bad != 0) {
            run = run_length == 0 ? entry : run;
            run_length += bad;
        }
    }
    return run_length != 0 ? nvs_page_erase_item(page, run, run_length) : ESP_OK;
}

esp_err_t nvs_page_load(struct nvs_page *page)
{
    uint8_t *bytes = heap_caps_malloc(FLASH_SECTOR_SIZE, MALLOC_CAP_DEFAULT);
    if (bytes == NULL) {
        return ESP_ERR_NO_MEM;
    }
    esp_err_t err = esp_partition_read_raw(page->partition, page->offset, bytes, FLASH_SECTOR_SIZE);
    if (err == ESP_OK) {
        err = load_header(page, bytes);
    }
    if (err == ESP_OK && page->state != NVS_PAGE_FREE) {
        err = make_hashes(page) ? load_entries(page, bytes) : ESP_ERR_NO_MEM;
    }
    heap_caps_free(bytes);
    return err;
}

esp_err_t nvs_page_erase(struct nvs_page *page)
{
    nvs_page_unload(page);
    page->state = NVS_PAGE_FREE;
    page->blank = false;
    esp_err_t err = esp_partition_erase_range(page->partition, page->offset, FLASH_SECTOR_SIZE);
    page->blank = err == ESP_OK;
    return err;
}

esp_err_t nvs_page_activate(struct nvs_page *page, uint32_t seq)
{
    esp_err_t err = page->blank ? ESP_OK : nvs_page_erase(page);
    if (err != ESP_OK) {
        return err;
    }
    if (!make_hashes(page)) {
        return ESP_ERR_NO_MEM;
    }
    uint8_t header[HEADER_SIZE];
    memset(header, 0xFF, sizeof header);
    put_u32(header, NVS_PAGE_ACTIVE);
    put_u32(header + SEQ_AT, seq);
    header[VERSION_AT] = VERSION_2;
    put_u32(header + CRC_AT, nvs_crc(header + SEQ_AT, CRC_AT - SEQ_AT));
    memset(page->states, 0xFF, sizeof page->states);
    page->state = NVS_PAGE_ACTIVE;
    page->seq = seq;
    page->blank = false;
    return program(page, page->offset, header, sizeof header);
}

esp_err_t nvs_page_set_state(struct nvs_page *page, uint32_t state)
{
    uint8_t bytes[WORD];
    put_u32(bytes, state);
    page->state = state;
    return program(page, page->offset, bytes, sizeof bytes);
}

unsigned nvs_page_room(const struct nvs_page *page)
{
    unsigned end = NVS_ENTRIES_PER_PAGE;
    while (end > 0 && state_of(page, end - 1) == NVS_ENTRY_EMPTY) {
        end--;
    }
    return NVS_ENTRIES_PER_PAGE - end;
}

unsigned nvs_page_live(const struct nvs_page *page)
{
    unsigned live = 0;
    for (unsigned i = 0; i < NVS_ENTRIES_PER_PAGE; i++) {
        live += state_of(page, i) == NVS_ENTRY_WRITTEN;
    }
    return live;
}

esp_err_t nvs_page_read_item(const struct nvs_page *page, unsigned entry, struct nvs_item *item)
{
    return esp_partition_read_raw(page->partition, entry_offset(page, entry), item, sizeof *item);
}

esp_err_t nvs_page_read_payload(const struct nvs_page *page, unsigned entry, uint32_t offset,
                                void *out, uint32_t size)
{
    if (size == 0) {
        return ESP_OK;
    }
    return esp_partition_read_raw(page->partition, entry_offset(page, entry + 1) + offset, out,
                                  size);
}

/* Whole entries at once, then the last one, which 0xFF fills up. */
static esp_err_t write_payload(const struct nvs_page *page, uint32_t offset, const uint8_t *payload,
                               uint32_t size)
{
    uint8_t last[NVS_ENTRY_SIZE];
    uint32_t tail = size % NVS_ENTRY_SIZE;
    esp_err_t err = program(page, offset, payload, size - tail);
    if (err != ESP_OK || tail == 0) {
        return err;
    }
    memset(last, 0xFF, sizeof last);
    memcpy(last, payload + size - tail, tail);
    return program(page, offset + size - tail, last, sizeof last);
}

esp_err_t nvs_page_write(struct nvs_page *page, const struct nvs_item *item, const void *payload,
                         unsigned *entry)
{
    *entry = NVS_ENTRIES_PER_PAGE - nvs_page_room(page);
    esp_err_t err = program(page, entry_offset(page, *entry), item, sizeof *item);
    if (err == ESP_OK && nvs_item_has_payload(item)) {
        err = write_payload(page, entry_offset(page, *entry + 1), payload,
                            nvs_item_payload_size(item));
    }
    if (err == ESP_OK) {
        err = set_states(page, *entry, item->span, NVS_ENTRY_WRITTEN);
    }
    if (err == ESP_OK) {
        page->hashes[*entry] = nvs_item_hash(item);
    }
    return err;
}

/* The first entry goes last: while it stands, what follows is known to be no item of its own. */
esp_err_t nvs_page_erase_item(struct nvs_page *page, unsigned entry, unsigned span)
{
    memset(page->hashes + entry, 0, span * sizeof *page->hashes);
    esp_err_t err = set_states(page, entry + 1, span - 1, NVS_ENTRY_ERASED);
    return err == ESP_OK ? set_states(page, entry, 1, NVS_ENTRY_ERASED) : err;
}
