/* Power fails before, in and after each flash operation of a change, and again while the next boot
 * repairs what it finds: every key has its old or its new value then. */
#include "../esp/test_device.h"

#include "nvs_flash.h"

#define NVS_AT     0x9000u
#define NVS_SIZE   0x4000u
#define KEYS_MAX   600
#define NESTED_MAX 4 /* places at which a repair is cut too */

struct key_value {
    char name[33];
    uint32_t value; /* some sum of it; 0: no such key */
};

struct contents {
    size_t count;
    struct key_value keys[KEYS_MAX];
};

static struct device *device;

static void check(esp_err_t err)
{
    if (err != ESP_OK) {
        fail_msg("%s", esp_err_to_name(err));
    }
}

static nvs_handle_t open_app(void)
{
    nvs_handle_t handle;
    check(nvs_open("app", NVS_READWRITE, &handle));
    return handle;
}

static const void *bytes_of(int seed, size_t size)
{
    static uint8_t bytes[12000];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)((unsigned)seed * 31u + i * 7u + i / 251u);
    }
    return bytes;
}

static const char *text_of(int seed, size_t length)
{
    static char text[4000];
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)('a' + (i + (size_t)seed) % 26);
    }
    text[length] = '\0';
    return text;
}

static void set_numbers(nvs_handle_t handle, int from, int to)
{
    for (int i = from; i < to; i++) {
        char key[16];
        snprintf(key, sizeof key, "n%d", i);
        check(nvs_set_i32(handle, key, i));
    }
}

static void erase_numbers(nvs_handle_t handle, int from, int to)
{
    for (int i = from; i < to; i++) {
        char key[16];
        snprintf(key, sizeof key, "n%d", i);
        check(nvs_erase_key(handle, key));
    }
}

static uint32_t sum_of(const nvs_entry_info_t *info)
{
    static uint8_t bytes[NVS_SIZE];
    nvs_handle_t handle;
    size_t length = sizeof bytes;
    int32_t number = 0;
    uint8_t byte = 0;
    check(nvs_open(info->namespace_name, NVS_READONLY, &handle));
    switch (info->type) {
    case NVS_TYPE_STR:
        check(nvs_get_str(handle, info->key, (char *)bytes, &length));
        break;
    case NVS_TYPE_BLOB:
        check(nvs_get_blob(handle, info->key, bytes, &length));
        break;
    case NVS_TYPE_I32:
        check(nvs_get_i32(handle, info->key, &number));
        length = sizeof number;
        memcpy(bytes, &number, length);
        break;
    default:
        check(nvs_get_u8(handle, info->key, &byte));
        length = 1;
        bytes[0] = byte;
    }
    nvs_close(handle);
    uint32_t sum = 2166136261u + (uint32_t)info->type;
    for (size_t i = 0; i < length; i++) {
        sum = (sum ^ bytes[i]) * 16777619u;
    }
    return sum | 1u;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct key_value *)a)->name, ((const struct key_value *)b)->name);
}

static uint32_t value_in(const struct contents *contents, const char *name)
{
    struct key_value like = {.value = 0};
    snprintf(like.name, sizeof like.name, "%s", name);
    const struct key_value *found =
        bsearch(&like, contents->keys, contents->count, sizeof like, by_name);
    return found != NULL ? found->value : 0;
}

static void read_contents(struct contents *out)
{
    nvs_iterator_t iterator;
    out->count = 0;
    for (esp_err_t err = nvs_entry_find("nvs", NULL, NVS_TYPE_ANY, &iterator); err == ESP_OK;
         err = nvs_entry_next(&iterator)) {
        nvs_entry_info_t info;
        check(nvs_entry_info(iterator, &info));
        assert_in_range(out->count, 0, KEYS_MAX - 1);
        struct key_value *key = &out->keys[out->count];
        snprintf(key->name, sizeof key->name, "%s.%s", info.namespace_name, info.key);
        key->value = sum_of(&info);
        out->count++;
    }
    qsort(out->keys, out->count, sizeof *out->keys, by_name);
    for (size_t i = 1; i < out->count; i++) {
        assert_string_not_equal(out->keys[i - 1].name, out->keys[i].name);
    }
}

struct change {
    const char *name;
    void (*prepare)(nvs_handle_t handle);
    void (*make)(void);
    bool with_init; /* power may fail in nvs_flash_init too */
};

static void assert_old_or_new(const struct change *change, const char *where,
                              const struct contents *of, const struct contents *old,
                              const struct contents *changed, const struct contents *now)
{
    for (size_t i = 0; i < of->count; i++) {
        const char *name = of->keys[i].name;
        uint32_t value = value_in(now, name);
        if (value != value_in(old, name) && value != value_in(changed, name)) {
            fail_msg("%s, %s: %s is %x, neither %x nor %x", change->name, where, name, value,
                     value_in(old, name), value_in(changed, name));
        }
    }
}

static void restore(const void *contents)
{
    check(flash_load(device->flash, NVS_AT, contents, NVS_SIZE));
}

static void save(void *contents)
{
    memcpy(contents, flash_view(device->flash, NVS_AT, NVS_SIZE), NVS_SIZE);
}

static void power_lost(void *context)
{
    (void)context;
    _exit(1);
}

static void arm(uint64_t at, enum flash_cut_mode mode)
{
    flash_arm_power_cut(device->flash, flash_op_count(device->flash) + at, mode, power_lost, NULL);
}

static void initialize(void)
{
    check(nvs_flash_init());
}

/* In a process of its own; whether power failed in it. */
static bool run_cut(void (*before)(void), void (*what)(void), uint64_t at, enum flash_cut_mode mode)
{
    pid_t child = fork();
    if (child == 0) {
        if (before != NULL) {
            before();
        }
        arm(at, mode);
        what();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status) == 1;
}

/* The next boot; what it repairs it repairs once, and it can write. */
static uint64_t recover(struct contents *now)
{
    uint64_t before = flash_op_count(device->flash);
    check(nvs_flash_init());
    uint64_t repairs = flash_op_count(device->flash) - before;
    read_contents(now);
    check(nvs_flash_deinit());
    before = flash_op_count(device->flash);
    check(nvs_flash_init());
    assert_int_equal(flash_op_count(device->flash), before);
    check(nvs_flash_deinit());
    return repairs;
}

static void assert_writable(void)
{
    check(nvs_flash_init());
    esp_err_t err = nvs_set_u8(open_app(), "probe", 1);
    assert_true(err == ESP_OK || err == ESP_ERR_NVS_NOT_ENOUGH_SPACE);
    check(nvs_flash_deinit());
}

static void cut_the_repair_too(const struct change *change, uint64_t repairs,
                               const struct contents *old, const struct contents *changed)
{
    static uint8_t cut[NVS_SIZE];
    static struct contents now;
    save(cut);
    uint64_t stride = repairs > NESTED_MAX ? repairs / NESTED_MAX : 1;
    for (uint64_t at = 0; at < repairs; at += stride) {
        restore(cut);
        assert_true(run_cut(NULL, initialize, at, FLASH_CUT_TORN));
        (void)recover(&now);
        assert_old_or_new(change, "repair cut", old, old, changed, &now);
        assert_old_or_new(change, "repair cut", &now, old, changed, &now);
    }
    restore(cut);
}

static void try_all_cuts(const struct change *change)
{
    static uint8_t base[NVS_SIZE], cut[NVS_SIZE];
    static struct contents old, changed, now;
    device = begin_boot(&(struct device_config){0});
    if (change->prepare != NULL) {
        initialize();
        change->prepare(open_app());
        check(nvs_flash_deinit());
    }
    save(base);
    initialize();
    read_contents(&old);
    change->make();
    read_contents(&changed);
    check(nvs_flash_deinit());
    void (*before)(void) = change->with_init ? NULL : initialize;
    uint64_t cuts = 0;
    for (int mode = FLASH_CUT_BEFORE; mode <= FLASH_CUT_AFTER; mode++) {
        for (uint64_t at = 0;; at++) {
            char where[64];
            snprintf(where, sizeof where, "mode %d, operation %u", mode, (unsigned)at);
            restore(base);
            if (!run_cut(before, change->make, at, (enum flash_cut_mode)mode)) {
                break;
            }
            cuts++;
            save(cut);
            uint64_t repairs = recover(&now);
            assert_old_or_new(change, where, &old, &old, &changed, &now);
            assert_old_or_new(change, where, &changed, &old, &changed, &now);
            assert_old_or_new(change, where, &now, &old, &changed, &now);
            assert_writable();
            if (mode == FLASH_CUT_TORN) {
                restore(cut);
                cut_the_repair_too(change, repairs, &old, &changed);
            }
        }
    }
    assert_true(cuts >= 3);
    assert_int_equal(flash_counters(device->flash).nor_violations, 0);
    end_boot(device);
}

static void prepare_some(nvs_handle_t handle)
{
    nvs_handle_t other;
    check(nvs_open("other", NVS_READWRITE, &other));
    check(nvs_set_u8(other, "key", 1));
    check(nvs_set_i32(handle, "number", 1));
    check(nvs_set_str(handle, "text", text_of(1, 700)));
    check(nvs_set_str(handle, "bystander", text_of(2, 100)));
    check(nvs_set_blob(handle, "blob", bytes_of(1, 5000), 5000));
}

static void prepare_full_page(nvs_handle_t handle)
{
    check(nvs_set_i32(handle, "number", 1));
    set_numbers(handle, 0, 124);
}

/* Two pages of text, and before them one of numbers with gaps: it moves for the next item. */
static void prepare_full_partition(nvs_handle_t handle)
{
    check(nvs_set_i32(handle, "number", 1));
    set_numbers(handle, 0, 124);
    for (int i = 0; i < 4; i++) {
        char key[16];
        snprintf(key, sizeof key, "text%d", i);
        check(nvs_set_str(handle, key, text_of(i, 1983)));
    }
    erase_numbers(handle, 0, 90);
}

static void prepare_full_of_text(nvs_handle_t handle)
{
    check(nvs_set_i32(handle, "number", 1));
    for (int i = 0; i < 9; i++) {
        char key[16];
        snprintf(key, sizeof key, "text%d", i);
        check(nvs_set_str(handle, key, text_of(i, 1200)));
    }
    check(nvs_erase_key(handle, "text1"));
}

static void prepare_blob_in_full_partition(nvs_handle_t handle)
{
    check(nvs_set_blob(handle, "blob", bytes_of(1, 3000), 3000));
    check(nvs_set_str(handle, "stays", text_of(3, 1500)));
    check(nvs_set_str(handle, "goes", text_of(4, 1500)));
    check(nvs_set_str(handle, "stays2", text_of(5, 2000)));
    check(nvs_set_str(handle, "goes2", text_of(4, 1800)));
    check(nvs_erase_key(handle, "goes"));
    check(nvs_erase_key(handle, "goes2"));
}

static void set_number(void)
{
    check(nvs_set_i32(open_app(), "number", 2));
}

static void set_text(void)
{
    check(nvs_set_str(open_app(), "text", text_of(9, 900)));
}

static void set_new_text(void)
{
    check(nvs_set_str(open_app(), "new", text_of(9, 1100)));
}

static void set_new_in_new_namespace(void)
{
    nvs_handle_t handle;
    check(nvs_open("new", NVS_READWRITE, &handle));
    check(nvs_set_u8(handle, "key", 1));
}

static void set_other_type(void)
{
    check(nvs_set_u8(open_app(), "text", 3));
}

static void set_number_to_blob(void)
{
    check(nvs_set_blob(open_app(), "number", bytes_of(3, 300), 300));
}

static void set_blob_to_number(void)
{
    check(nvs_set_u8(open_app(), "blob", 3));
}

static void set_blob(void)
{
    check(nvs_set_blob(open_app(), "blob", bytes_of(2, 3100), 3100));
}

static void set_new_blob(void)
{
    check(nvs_set_blob(open_app(), "new", bytes_of(2, 4500), 4500));
}

static void erase_text(void)
{
    check(nvs_erase_key(open_app(), "text"));
}

static void erase_blob(void)
{
    check(nvs_erase_key(open_app(), "blob"));
}

static void erase_all(void)
{
    check(nvs_erase_all(open_app()));
}

static void begin_anew(void)
{
    (void)nvs_flash_init();
    check(nvs_set_i32(open_app(), "number", 2));
}

static const struct change changes[] = {
    {.name = "first boot", .make = begin_anew, .with_init = true},
    {.name = "new key", .prepare = prepare_some, .make = set_new_text},
    {.name = "new namespace", .prepare = prepare_some, .make = set_new_in_new_namespace},
    {.name = "new number", .prepare = prepare_some, .make = set_number},
    {.name = "new text", .prepare = prepare_some, .make = set_text},
    {.name = "text to number", .prepare = prepare_some, .make = set_other_type},
    {.name = "number to blob", .prepare = prepare_some, .make = set_number_to_blob},
    {.name = "blob to number", .prepare = prepare_some, .make = set_blob_to_number},
    {.name = "new blob", .prepare = prepare_some, .make = set_new_blob},
    {.name = "blob replaced", .prepare = prepare_some, .make = set_blob},
    {.name = "text erased", .prepare = prepare_some, .make = erase_text},
    {.name = "blob erased", .prepare = prepare_some, .make = erase_blob},
    {.name = "all erased", .prepare = prepare_some, .make = erase_all},
    {.name = "page full", .prepare = prepare_full_page, .make = set_number},
    {.name = "numbers move", .prepare = prepare_full_partition, .make = set_number},
    {.name = "texts move", .prepare = prepare_full_of_text, .make = set_new_text},
    {.name = "a blob moves a page", .prepare = prepare_blob_in_full_partition, .make = set_blob},
};

static void every_key_has_its_old_or_its_new_value(void **state)
{
    try_all_cuts(*state);
}

int main(void)
{
    enum { COUNT = sizeof changes / sizeof *changes };
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        tests[i] = (struct CMUnitTest){.name = changes[i].name,
                                       .test_func = every_key_has_its_old_or_its_new_value,
                                       .initial_state = (void *)(uintptr_t)&changes[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
