/* Whatever stands in the partition, no call crashes, and after nvs_flash_erase all is well. */
#include "../esp/test_device.h"

#include "../esp/heap.h"
#include "bytes.h"
#include "nvs_flash.h"
#include "nvs_item.h"

#define NVS_AT   0x9000u
#define NVS_SIZE 0x4000u
#define PAGE     4096u
#define ROUNDS   1500u

static uint32_t random_state;
static uint32_t damaged; /* the round: it makes the same damage again */

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static void fill_partition(void)
{
    static uint8_t blob[5000];
    nvs_handle_t handle, other;
    assert_int_equal(nvs_flash_init(), ESP_OK);
    assert_int_equal(nvs_open("app", NVS_READWRITE, &handle), ESP_OK);
    assert_int_equal(nvs_open("other", NVS_READWRITE, &other), ESP_OK);
    for (int i = 0; i < 60; i++) {
        char key[16];
        snprintf(key, sizeof key, "n%d", i);
        assert_int_equal(nvs_set_i64(i % 2 != 0 ? handle : other, key, i), ESP_OK);
    }
    assert_int_equal(nvs_set_str(handle, "text", "a text that is longer than one entry"), ESP_OK);
    assert_int_equal(nvs_set_blob(handle, "blob", blob, sizeof blob), ESP_OK);
    assert_int_equal(nvs_set_blob(other, "blob", blob, 100), ESP_OK);
    assert_int_equal(nvs_flash_deinit(), ESP_OK);
}

static void some_bytes(uint8_t *bytes)
{
    for (uint32_t n = 1 + random_below(64); n > 0; n--) {
        bytes[random_below(NVS_SIZE)] = (uint8_t)random_below(256);
    }
}

static void some_cleared_bits(uint8_t *bytes)
{
    for (uint32_t n = 1 + random_below(64); n > 0; n--) {
        bytes[random_below(NVS_SIZE)] &= (uint8_t)random_below(256);
    }
}

static void noise_in_a_page(uint8_t *bytes)
{
    uint8_t *page = bytes + random_below(NVS_SIZE / PAGE) * PAGE;
    uint32_t from = random_below(2) != 0 ? 64 : 0; /* behind the states, or all of it */
    for (uint32_t i = from; i < PAGE; i++) {
        page[i] = (uint8_t)random_below(256);
    }
}

static void half_a_page(uint8_t *bytes)
{
    uint32_t from = random_below(PAGE);
    memset(bytes + random_below(NVS_SIZE / PAGE) * PAGE + from, 0xFF, PAGE - from);
}

static void a_page_twice(uint8_t *bytes)
{
    uint32_t from = random_below(NVS_SIZE / PAGE), to = random_below(NVS_SIZE / PAGE);
    memmove(bytes + to * PAGE, bytes + from * PAGE, PAGE);
}

static void some_states(uint8_t *bytes)
{
    uint8_t *page = bytes + random_below(NVS_SIZE / PAGE) * PAGE;
    for (uint32_t i = 0; i < 8; i++) {
        page[32 + random_below(32)] = (uint8_t)random_below(256);
    }
}

/* Page states and numbers that never come together, with the right CRC. */
static void a_header(uint8_t *bytes)
{
    static const uint32_t states[] = {0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFF8,
                                      0xFFFFFFF0, 0,          0xFFFFFFFF};
    static const uint32_t numbers[] = {0, 1, 2, 0xFFFFFFFE, 0xFFFFFFFF};
    uint8_t *page = bytes + random_below(NVS_SIZE / PAGE) * PAGE;
    put_u32(page, states[random_below(6)]);
    put_u32(page + 4, numbers[random_below(5)]);
    page[8] = random_below(8) != 0 ? 0xFE : 0xFD;
    put_u32(page + 28, nvs_crc(page + 4, 24));
}

/* Fields that lie, with the right CRC. */
static void some_items(uint8_t *bytes)
{
    static const uint8_t types[] = {0x01, 0x14, 0x18, 0x21, 0x41, 0x42, 0x48, 0x00, 0x99};
    for (uint32_t n = 1 + random_below(8); n > 0; n--) {
        uint8_t *page = bytes + random_below(NVS_SIZE / PAGE) * PAGE;
        uint32_t entry = random_below(NVS_ENTRIES_PER_PAGE);
        struct nvs_item item;
        uint8_t *at = page + 64 + entry * NVS_ENTRY_SIZE;
        memcpy(&item, at, sizeof item);
        item.ns = (uint8_t)random_below(4);
        item.type = types[random_below(sizeof types)];
        item.span = (uint8_t)(random_below(4) != 0 ? 1 + random_below(3) : random_below(256));
        item.chunk = (uint8_t)(random_below(2) != 0 ? random_below(256) : 0xFF);
        static const char *const keys[] = {"blob", "text", "n1", "n2", "app", "other"};
        snprintf(item.key, sizeof item.key, "%s", keys[random_below(6)]);
        if (random_below(16) == 0) {
            memset(item.key, 'k', sizeof item.key);
        }
        for (size_t i = 0; i < sizeof item.data; i++) {
            item.data[i] = (uint8_t)(random_below(2) != 0 ? random_below(256) : random_below(64));
        }
        nvs_item_seal(&item);
        memcpy(at, &item, sizeof item);
        page[32 + entry / 4] &= (uint8_t) ~(1u << entry % 4 * 2);
    }
}

static void (*const damages[])(uint8_t *) = {
    some_bytes,   some_cleared_bits, noise_in_a_page, half_a_page,
    a_page_twice, some_states,       a_header,        some_items,
};

static void read_everything(void)
{
    static uint8_t bytes[NVS_SIZE];
    nvs_iterator_t iterator;
    unsigned count = 0;
    for (esp_err_t err = nvs_entry_find("nvs", NULL, NVS_TYPE_ANY, &iterator); err == ESP_OK;
         err = nvs_entry_next(&iterator)) {
        nvs_entry_info_t info;
        nvs_handle_t handle;
        nvs_type_t type;
        int64_t number;
        assert_in_range(++count, 1, 4 * NVS_ENTRIES_PER_PAGE);
        assert_int_equal(nvs_entry_info(iterator, &info), ESP_OK);
        assert_int_equal(nvs_open(info.namespace_name, NVS_READONLY, &handle), ESP_OK);
        assert_int_equal(nvs_find_key(handle, info.key, &type), ESP_OK);
        size_t length = sizeof bytes;
        (void)nvs_get_blob(handle, info.key, bytes, &length);
        length = sizeof bytes;
        (void)nvs_get_str(handle, info.key, (char *)bytes, &length);
        (void)nvs_get_i64(handle, info.key, &number);
        nvs_close(handle);
    }
}

/* What is written is there, as long as there is room for it. False if the pages' numbers have run
 * out, which only damage does. */
static bool write_some(void)
{
    static uint8_t blob[3000], read[3000];
    nvs_handle_t handle;
    esp_err_t err = nvs_open("app", NVS_READWRITE, &handle);
    for (int i = 0; i < 40 && err == ESP_OK; i++) {
        int64_t number = 0;
        size_t length = sizeof read;
        blob[0] = (uint8_t)i;
        err = nvs_set_i64(handle, "n1", i);
        if (err == ESP_OK) {
            assert_int_equal(nvs_get_i64(handle, "n1", &number), ESP_OK);
            assert_int_equal(number, i);
        }
        if (err == ESP_OK && i % 8 == 0) {
            err = nvs_set_blob(handle, "blob", blob, sizeof blob);
        }
        if (err == ESP_OK && i % 8 == 0) {
            assert_int_equal(nvs_get_blob(handle, "blob", read, &length), ESP_OK);
            assert_memory_equal(read, blob, sizeof blob);
        }
    }
    assert_true(err == ESP_OK || err == ESP_ERR_NVS_NOT_ENOUGH_SPACE ||
                err == ESP_ERR_NVS_NO_FREE_PAGES);
    return err != ESP_ERR_NVS_NO_FREE_PAGES;
}

static void assert_next_boot_finds_nothing_to_repair(struct device *device)
{
    assert_int_equal(nvs_flash_deinit(), ESP_OK);
    uint64_t before = flash_op_count(device->flash);
    assert_int_equal(nvs_flash_init(), ESP_OK);
    if (flash_op_count(device->flash) != before) {
        fail_msg("round %u: the next boot repairs again", (unsigned)damaged);
    }
}

static void damage_is_survived(void **state)
{
    (void)state;
    static uint8_t good[NVS_SIZE], bytes[NVS_SIZE];
    unsigned opened = 0;
    struct device *device = begin_boot(&(struct device_config){0});
    fill_partition();
    memcpy(good, flash_view(device->flash, NVS_AT, NVS_SIZE), NVS_SIZE);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        random_state = round * 2654435761u;
        memcpy(bytes, good, NVS_SIZE);
        for (uint32_t n = 1 + random_below(3); n > 0; n--) {
            damages[random_below(sizeof damages / sizeof *damages)](bytes);
        }
        flash_load(device->flash, NVS_AT, bytes, NVS_SIZE);
        damaged = round;
        esp_err_t err = nvs_flash_init();
        if (err != ESP_OK) {
            assert_true(err == ESP_ERR_NVS_NO_FREE_PAGES || err == ESP_ERR_NVS_NEW_VERSION_FOUND);
            assert_int_equal(nvs_flash_erase(), ESP_OK);
            assert_int_equal(nvs_flash_init(), ESP_OK);
        } else {
            opened++;
            read_everything();
            assert_next_boot_finds_nothing_to_repair(device);
        }
        if (!write_some()) {
            (void)nvs_flash_erase();
            continue;
        }
        assert_next_boot_finds_nothing_to_repair(device);
        assert_int_equal(nvs_flash_deinit(), ESP_OK);
        assert_int_equal(heap_stats().in_use, 0);
    }
    assert_in_range(opened, ROUNDS / 2, ROUNDS - 1);
    end_boot(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(damage_is_survived)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
