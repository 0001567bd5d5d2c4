#include "replay_device.h"

#include <stdlib.h>
#include <string.h>

#include "otadata.h"
#include "scenario_device.h"

static const json_t *device_field(const json_t *record, const char *name)
{
    return json_object_get(json_object_get(record, "device"), name);
}

static uint32_t state_from_name(const char *name)
{
    char buffer[16];
    for (uint32_t state = OTADATA_NEW; state <= OTADATA_ABORTED; state++) {
        if (strcmp(name, otadata_state_name(state, buffer)) == 0) {
            return state;
        }
    }
    return strcmp(name, "UNDEFINED") == 0 ? OTADATA_UNDEFINED : (uint32_t)strtoul(name, NULL, 0);
}

static void read_otadata(const json_t *record, struct scenario_device *row)
{
    const json_t *entries = device_field(record, "otadata");
    for (size_t i = 0; i < 2; i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *state = json_string_value(json_object_get(entry, "state"));
        if (state == NULL) {
            continue;
        }
        row->otadata[i] = (struct scenario_otadata_entry){
            .present = true,
            .seq = (uint32_t)json_integer_value(json_object_get(entry, "seq")),
            .state = state_from_name(state),
            .bad_crc = json_is_false(json_object_get(entry, "crc_ok")),
        };
    }
}

static bool text_is(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL && strcmp(value, text) == 0;
}

/* An update of the slot was begun: what boots from it later is not what was there before. */
static bool is_written(const json_t *record, const char *label)
{
    const json_t *calls = json_object_get(record, "calls");
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *call = json_array_get(calls, i);
        const char *args = json_string_value(json_object_get(call, "args"));
        if (args != NULL &&
            (text_is(call, "fn", "esp_ota_begin") || text_is(call, "fn", "esp_ota_resume")) &&
            strncmp(args, label, strlen(label)) == 0) {
            return true;
        }
    }
    return false;
}

static bool was_refused(const json_t *boot, const char *label)
{
    const json_t *tried = json_object_get(boot, "tried");
    for (size_t i = 0; i < json_array_size(tried); i++) {
        const json_t *attempt = json_array_get(tried, i);
        if (text_is(attempt, "part", label) && text_is(attempt, "err", "ESP_ERR_IMAGE_INVALID")) {
            return true;
        }
    }
    return false;
}

/* Recordings do not say which of the apps that were there before are broken. It shows: the
 * bootloader refuses them, or their description is not found. */
static uint32_t infer_flaws(const json_t *record, const char *label)
{
    const json_t *calls = json_object_get(record, "calls");
    bool first_boot = true;
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *call = json_array_get(calls, i);
        bool here = text_is(call, "args", label) && text_is(call, "ret", "ESP_ERR_NOT_FOUND");
        if (here && (text_is(call, "fn", "esp_ota_get_partition_description") ||
                     text_is(call, "fn", "esp_ota_set_boot_partition_skip_validate"))) {
            return APP_IMAGE_FLAW_DESCRIPTOR_MAGIC;
        }
        if (text_is(call, "fn", "REBOOT")) {
            if ((first_boot || !is_written(record, label)) && was_refused(call, label)) {
                return APP_IMAGE_FLAW_BIT_FLIP;
            }
            first_boot = false;
        }
    }
    bool refused =
        !is_written(record, label) && was_refused(json_object_get(record, "after_reboot"), label);
    return refused ? APP_IMAGE_FLAW_BIT_FLIP : 0;
}

static void read_apps(const json_t *record, struct scenario_device *row)
{
    const json_t *apps = device_field(record, "apps");
    size_t count = 0;
    const char *label;
    const json_t *app;
    json_object_foreach((json_t *)apps, label, app)
    {
        if (count == SCENARIO_MAX_APPS) {
            break;
        }
        row->apps[count] = (struct scenario_app){
            .label = label,
            .image =
                {
                    .size = (uint32_t)json_integer_value(json_object_get(app, "size")),
                    .version = json_string_value(json_object_get(app, "version")),
                    .secure_version =
                        (uint32_t)json_integer_value(json_object_get(app, "secure_version")),
                    .seed = (uint32_t)count + 1,
                    .spi_flash_mode = 2,
                    .flaws = infer_flaws(record, label),
                },
        };
        count++;
    }
    row->no_apps = count == 0;
}

static uint16_t small_field(const json_t *record, const char *name)
{
    return (uint16_t)json_integer_value(device_field(record, name));
}

struct device *replay_device_create(const json_t *record, struct partition_table *table,
                                    struct partition *running, struct error *err)
{
    const struct chip *chip = chip_by_id(small_field(record, "chip_id"));
    const struct scenario scenario = {
        .device =
            {
                .chip = chip != NULL ? chip->name : "(unknown)",
                .chip_revision = small_field(record, "chip_rev"),
                .efuse_block_revision = small_field(record, "efuse_blk_version"),
                .ignore_wafer_major = small_field(record, "disable_wafer_version_major") != 0,
                .secure_version = small_field(record, "efuse_secure_version"),
                .flash_encryption = json_is_true(device_field(record, "flash_encryption")),
                .flash_encryption_is_a_flag = true,
                .partitions = json_string_value(device_field(record, "partitions")),
            },
    };
    struct scenario prepared = scenario;
    read_otadata(record, &prepared.device);
    read_apps(record, &prepared.device);
    struct device *device = scenario_device_create(&prepared, table, err);
    const char *label = json_string_value(device_field(record, "running"));
    const struct partition *partition =
        device != NULL && label != NULL ? partition_table_find_label(table, label) : NULL;
    if (partition == NULL) {
        if (device != NULL) {
            error_set(err, "device.running: the partition table has no \"%s\"",
                      label != NULL ? label : "");
        }
        device_destroy(device);
        return NULL;
    }
    *running = *partition;
    return device;
}

json_t *replay_slots(const struct device *device, const struct partition_table *table,
                     const uint8_t *image, size_t length)
{
    json_t *slots = json_object();
    for (size_t i = 0; i < table->count; i++) {
        const struct partition *slot = &table->entries[i];
        if (slot->type == PARTITION_TYPE_APP && length > 0 && length <= slot->size &&
            memcmp(flash_view(device->flash, slot->offset, (uint32_t)length), image, length) == 0) {
            json_object_set_new(slots, slot->label, json_string("identical to image"));
        }
    }
    return slots;
}

json_t *replay_flash_ops(const struct device *device)
{
    struct flash_counters counters = flash_counters(device->flash);
    return json_pack("{s:I, s:I, s:I, s:I}", "erases", (json_int_t)counters.erases, "programs",
                     (json_int_t)counters.programs, "bytes_programmed",
                     (json_int_t)counters.bytes_programmed, "nor_violations",
                     (json_int_t)counters.nor_violations);
}
