#include "firmware.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "firmware_module.h"
#include "image_leniency.h"
#include "paths.h"
#include "scenario_set.h"

struct firmware {
    struct firmware *next;
    char name[64];
    const struct firmware_module *module;
    const struct firmware_info *info;
    void (*entry)(void);
};

static struct firmware *loaded;
static bool bootloader_is_wrong;

void firmware_use_wrong_bootloader(void)
{
    bootloader_is_wrong = true;
}

static void *symbol(void *module, const char *name, const char *path, struct error *err)
{
    void *address = dlsym(module, name);
    if (address == NULL) {
        error_set(err, "%s: has no symbol \"%s\": build it with otasim_add_firmware()", path, name);
    }
    return address;
}

/* app_main, and the record that otasim_add_firmware puts beside it. */
static bool find_symbols(struct firmware *firmware, void *module, const char *path,
                         const char *entry, struct error *err)
{
    void *function = symbol(module, entry, path, err);
    if (function == NULL) {
        return false;
    }
    /* ISO C has no cast from object to function pointer; POSIX defines this one. */
    memcpy(&firmware->entry, &function, sizeof function);
    firmware->module = symbol(module, "otasim_module", path, err);
    firmware->info =
        firmware->module != NULL ? symbol(module, "otasim_firmware_info", path, err) : NULL;
    return firmware->info != NULL;
}

static struct firmware *open_module(const char *name, const char *path, const char *entry,
                                    struct error *err)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        error_set(err, "firmware \"%s\": %s", name, dlerror());
        return NULL;
    }
    struct firmware *firmware = calloc(1, sizeof *firmware);
    if (firmware == NULL) {
        error_set(err, "firmware \"%s\": out of memory", name);
    } else if (!find_symbols(firmware, module, path, entry, err)) {
        free(firmware);
        firmware = NULL;
    }
    if (firmware == NULL) {
        dlclose(module);
        return NULL;
    }
    snprintf(firmware->name, sizeof firmware->name, "%s", name);
    return firmware;
}

static bool module_path(const char *dir, const char *name, char *path, size_t size)
{
    int length = snprintf(path, size, "%s/%.*s.so", dir, (int)strcspn(name, ":"), name);
    return length >= 0 && (size_t)length < size && strlen(name) < sizeof loaded->name;
}

/* A set's own module, or one of those that come with this program. */
static bool find_module(const char *name, char *path, size_t size)
{
    struct stat status;
    if (scenario_set_current() != NULL && module_path(paths_own_firmware_dir(), name, path, size) &&
        stat(path, &status) == 0) {
        char own[1024];
        if (!module_path(paths_firmware_dir(), name, own, sizeof own) || stat(own, &status) != 0) {
            return true;
        }
    }
    return module_path(paths_firmware_dir(), name, path, size);
}

static const struct firmware *find_loaded(const char *name)
{
    for (const struct firmware *firmware = loaded; firmware != NULL; firmware = firmware->next) {
        if (strcmp(firmware->name, name) == 0) {
            return firmware;
        }
    }
    return NULL;
}

const struct firmware *firmware_load(const char *name, struct error *err)
{
    const struct firmware *before = find_loaded(name);
    if (before != NULL) {
        return before;
    }
    char path[1024];
    const char *colon = strchr(name, ':');
    if (!find_module(name, path, sizeof path)) {
        error_set(err, "firmware \"%.64s...\": the name is too long", name);
        return NULL;
    }
    struct firmware *firmware =
        open_module(name, path, colon != NULL ? colon + 1 : "app_main", err);
    if (firmware != NULL) {
        firmware->next = loaded;
        loaded = firmware;
    }
    return firmware;
}

static size_t option_count(const struct firmware_option *options)
{
    size_t count = 0;
    while (options[count].name != NULL) {
        count++;
    }
    return count;
}

/* The module's record with these options before its own: the first of a name counts. */
static const struct firmware_module *module_with(const struct firmware_module *module,
                                                 const struct firmware_option *options)
{
    size_t above = option_count(options), below = option_count(module->option);
    struct firmware_module *copy = malloc(sizeof *copy);
    struct firmware_option *table = calloc(above + below + 1, sizeof *table);
    if (copy == NULL || table == NULL) {
        free(copy);
        free(table);
        return NULL;
    }
    memcpy(table, options, above * sizeof *table);
    memcpy(table + above, module->option, below * sizeof *table);
    *copy = *module;
    copy->option = table;
    return copy;
}

bool firmware_lay_over(const char *name, const char *base, const struct firmware_option *options,
                       struct error *err)
{
    if (find_loaded(name) != NULL) {
        return true;
    }
    const struct firmware *below = firmware_load(base, err);
    if (below == NULL) {
        return false;
    }
    struct firmware *firmware = malloc(sizeof *firmware);
    const struct firmware_module *module = module_with(below->module, options);
    if (firmware == NULL || module == NULL) {
        free(firmware);
        return error_set(err, "firmware \"%s\": out of memory", name);
    }
    *firmware = *below;
    snprintf(firmware->name, sizeof firmware->name, "%s", name);
    firmware->module = module;
    firmware->next = loaded;
    loaded = firmware;
    return true;
}

const char *firmware_name(const struct firmware *firmware)
{
    return firmware->name;
}

const char *firmware_option(const struct firmware *firmware, const char *name)
{
    for (const struct firmware_option *option = firmware->module->option; option->name != NULL;
         option++) {
        if (strcmp(option->name, name) == 0) {
            return option->value;
        }
    }
    return NULL;
}

bool firmware_option_on(const struct firmware *firmware, const char *name)
{
    const char *value = firmware_option(firmware, name);
    return value != NULL && strcmp(value, "y") == 0;
}

long firmware_option_number(const struct firmware *firmware, const char *name, long otherwise)
{
    const char *value = firmware_option(firmware, name);
    char *end = NULL;
    long number = value != NULL ? strtol(value, &end, 0) : 0;
    return value != NULL && end != value && *end == '\0' ? number : otherwise;
}

const struct firmware_info *firmware_info(const struct firmware *firmware)
{
    return firmware->info;
}

const struct firmware_module *firmware_module(const struct firmware *firmware)
{
    return firmware->module;
}

bool firmware_has_event(const struct firmware *firmware, const char *name)
{
    for (const struct firmware_event *event = firmware->module->event; event->name != NULL;
         event++) {
        if (strcmp(event->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum signature_scheme scheme_of(const struct firmware *firmware)
{
    if (firmware_option_on(firmware, "CONFIG_SECURE_SIGNED_APPS_RSA_SCHEME")) {
        return SIGNATURE_RSA_3072;
    }
    if (!firmware_option_on(firmware, "CONFIG_SECURE_SIGNED_APPS_ECDSA_V2_SCHEME")) {
        return SIGNATURE_NONE;
    }
    if (firmware_option_on(firmware, "CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_384_BITS")) {
        return SIGNATURE_ECDSA_P384;
    }
    return firmware_option_on(firmware, "CONFIG_SECURE_BOOT_ECDSA_KEY_LEN_192_BITS")
               ? SIGNATURE_ECDSA_P192
               : SIGNATURE_ECDSA_P256;
}

struct boot_signing firmware_signing(const struct firmware *firmware)
{
    return (struct boot_signing){
        .on_update = firmware_option_on(firmware, "CONFIG_SECURE_SIGNED_ON_UPDATE"),
        .secure_boot = firmware_option_on(firmware, "CONFIG_SECURE_BOOT_V2_ENABLED"),
        .scheme = scheme_of(firmware),
    };
}

struct bootloader_config firmware_bootloader(const struct firmware *firmware)
{
    return (struct bootloader_config){
        .rollback = firmware_option_on(firmware, "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE"),
        .anti_rollback = firmware_option_on(firmware, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK"),
        .seeded_fault = bootloader_is_wrong,
        .scheme = scheme_of(firmware),
        .lenience = image_leniency_of(firmware_module(firmware)->idf_version),
        .skip_validate_in_deep_sleep =
            firmware_option_on(firmware, "CONFIG_BOOTLOADER_SKIP_VALIDATE_IN_DEEP_SLEEP"),
    };
}

static bool is_held(const struct firmware *firmware, const char *pin_option,
                    const char *high_option, uint64_t pins_low, uint64_t pins_high)
{
    long pin = firmware_option_number(firmware, pin_option, -1);
    uint64_t held = firmware_option_on(firmware, high_option) ? pins_high : pins_low;
    return pin >= 0 && pin < 64 && (held >> pin & 1u) != 0;
}

void firmware_read_buttons(const struct firmware *firmware, uint64_t pins_low, uint64_t pins_high,
                           struct bootloader_config *bootloader)
{
    bootloader->factory_reset_pin_held =
        firmware_option_on(firmware, "CONFIG_BOOTLOADER_FACTORY_RESET") &&
        firmware_option_on(firmware, "CONFIG_BOOTLOADER_OTA_DATA_ERASE") &&
        is_held(firmware, "CONFIG_BOOTLOADER_NUM_PIN_FACTORY_RESET",
                "CONFIG_BOOTLOADER_FACTORY_RESET_PIN_HIGH", pins_low, pins_high);
    bootloader->test_app_pin_held =
        firmware_option_on(firmware, "CONFIG_BOOTLOADER_APP_TEST") &&
        is_held(firmware, "CONFIG_BOOTLOADER_NUM_PIN_APP_TEST",
                "CONFIG_BOOTLOADER_APP_TEST_PIN_HIGH", pins_low, pins_high);
}

void firmware_run(const struct firmware *firmware)
{
    firmware->entry();
}
