/* Selecting an app by otadata, and loading it or what stands in for it (native OTA page,
 * "Bootloader"). */
#include "bootloader.h"

#include <string.h>

#include "flash_cipher.h"
#include "otadata.h"

struct boot_run {
    struct device *device;
    const struct bootloader_config *config;
    struct bootloader_report *report;
    struct partition_table table;
    const struct partition *otadata_partition; /* NULL: there is none */
    unsigned slots;
    struct otadata otadata;
    bool initial_contents; /* otadata was never written: it will say what booted */
};

static esp_err_t read_flash(struct device *device, uint32_t address, void *out, uint32_t length)
{
    device_advance_us(device, flash_read_time_us(length));
    return flash_read_decrypted(device->flash, address, out, length);
}

struct slot_source {
    struct device *device;
    uint32_t offset;
};

static esp_err_t read_slot(void *context, uint32_t offset, void *out, uint32_t length)
{
    const struct slot_source *slot = context;
    return read_flash(slot->device, slot->offset + offset, out, length);
}

static const struct partition *find_app(const struct boot_run *run, int index)
{
    uint8_t subtype = index == BOOTLOADER_INDEX_FACTORY ? PARTITION_APP_FACTORY
                      : index == BOOTLOADER_INDEX_TEST  ? PARTITION_APP_TEST
                                                        : (uint8_t)(PARTITION_APP_OTA_0 + index);
    return partition_table_find(&run->table, PARTITION_TYPE_APP, subtype);
}

static void append_reason(struct boot_run *run, const char *text)
{
    struct error before = run->report->reason;
    error_set(&run->report->reason, "%s%s%s", before.text, before.text[0] != '\0' ? "; " : "",
              text);
}

static bool read_descriptor(struct boot_run *run, const struct partition *partition,
                            struct app_image_descriptor *descriptor)
{
    uint8_t bytes[APP_IMAGE_DESCRIPTOR_LENGTH];
    if (partition->size < APP_IMAGE_DESCRIPTOR_OFFSET + sizeof bytes ||
        read_flash(run->device, partition->offset + APP_IMAGE_DESCRIPTOR_OFFSET, bytes,
                   sizeof bytes) != ESP_OK) {
        return false;
    }
    app_image_descriptor_decode(bytes, descriptor);
    return descriptor->present;
}

/* An app whose descriptor can't be read has no secure version that could be high enough. */
static bool passes_anti_rollback(struct boot_run *run, const struct partition *partition)
{
    if (!run->config->anti_rollback) {
        return true;
    }
    struct app_image_descriptor descriptor;
    struct error why;
    if (!read_descriptor(run, partition, &descriptor)) {
        error_set(&why, "%s is passed over: it has no app descriptor", partition->label);
    } else if (!efuse_allows_secure_version(&run->device->efuse, descriptor.secure_version)) {
        error_set(&why, "%s is passed over: its secure version %u is below the chip's %u",
                  partition->label, (unsigned)descriptor.secure_version,
                  (unsigned)efuse_secure_version(&run->device->efuse));
    } else {
        return true;
    }
    if (strstr(run->report->reason.text, why.text) == NULL) {
        append_reason(run, why.text);
    }
    return false;
}

/* Erases the entry's only sector before it rewrites it: a power cut between the two loses the
 * entry, as on the device. A failing write is not noticed, as on the device. */
static void rewrite_entry(struct boot_run *run, int index)
{
    device_advance_us(run->device, flash_erase_time_us(FLASH_SECTOR_SIZE));
    device_advance_us(run->device, flash_program_time_us(sizeof run->otadata.entry[index]));
    (void)otadata_write(run->device->flash, run->otadata_partition->offset, index,
                        &run->otadata.entry[index], false);
}

static void abort_unconfirmed(struct boot_run *run)
{
    for (int i = 0; i < 2; i++) {
        if (run->otadata.entry[i].state == OTADATA_PENDING_VERIFY) {
            run->otadata.entry[i].state = OTADATA_ABORTED;
            rewrite_entry(run, i);
            append_reason(run, i == 0 ? "otadata entry 0 was not confirmed: ABORTED"
                                      : "otadata entry 1 was not confirmed: ABORTED");
        }
    }
}

static bool is_blank(const struct otadata_entry *entry)
{
    return entry->seq == OTADATA_NO_SEQ || entry->crc != otadata_crc(entry->seq);
}

static bool both_blank(const struct otadata *otadata)
{
    return is_blank(&otadata->entry[0]) && is_blank(&otadata->entry[1]);
}

static bool both_unusable(const struct otadata *otadata)
{
    return otadata_entry_unusable(&otadata->entry[0]) && otadata_entry_unusable(&otadata->entry[1]);
}

static const struct partition *slot_of(const struct boot_run *run, int entry)
{
    return find_app(run, (int)otadata_slot(run->otadata.entry[entry].seq, run->slots));
}

/* As otadata_active, but an entry whose app is too old for the chip does not count. */
static int find_active(struct boot_run *run)
{
    if (run->slots == 0) {
        return -1;
    }
    struct otadata counted = run->otadata;
    for (int i = 0; i < 2; i++) {
        if (otadata_entry_valid(&counted.entry[i]) && !passes_anti_rollback(run, slot_of(run, i))) {
            counted.entry[i].seq = OTADATA_NO_SEQ;
        }
    }
    return otadata_active(&counted);
}

static void note_state_of_selected(struct boot_run *run, int active)
{
    struct otadata_entry *entry = &run->otadata.entry[active];
    if (run->config->rollback && entry->state == OTADATA_NEW) {
        entry->state = OTADATA_PENDING_VERIFY;
        rewrite_entry(run, active);
    }
    struct app_image_descriptor descriptor;
    if (run->config->anti_rollback && entry->state == OTADATA_VALID &&
        read_descriptor(run, slot_of(run, active), &descriptor)) {
        (void)efuse_raise_secure_version(&run->device->efuse, descriptor.secure_version);
    }
}

static int select_by_otadata(struct boot_run *run)
{
    bool have_factory = find_app(run, BOOTLOADER_INDEX_FACTORY) != NULL;
    if (run->config->anti_rollback) {
        if (both_blank(&run->otadata)) {
            run->initial_contents = true;
            append_reason(run, "otadata is blank");
            return BOOTLOADER_INDEX_FACTORY;
        }
    } else if (both_unusable(&run->otadata) || run->slots == 0) {
        run->initial_contents = !have_factory && both_blank(&run->otadata);
        append_reason(run, have_factory ? "otadata selects no slot: factory"
                                        : "otadata selects no slot, there is no factory: ota_0");
        return have_factory ? BOOTLOADER_INDEX_FACTORY : 0;
    }
    int active = find_active(run);
    if (active < 0) {
        append_reason(run, "no otadata entry is valid");
        return BOOTLOADER_INDEX_FACTORY;
    }
    char text[64];
    struct error selected;
    int slot = (int)otadata_slot(run->otadata.entry[active].seq, run->slots);
    error_set(&selected, "otadata entry %d (%s) selects ota_%d", active,
              otadata_entry_text(&run->otadata.entry[active], text), slot);
    append_reason(run, selected.text);
    note_state_of_selected(run, active);
    return slot;
}

static void reset_to_factory(struct boot_run *run)
{
    if (run->otadata_partition == NULL) {
        return;
    }
    uint32_t length = run->otadata_partition->size / FLASH_SECTOR_SIZE * FLASH_SECTOR_SIZE;
    device_advance_us(run->device, flash_erase_time_us(length));
    (void)flash_erase(run->device->flash, run->otadata_partition->offset, length);
    append_reason(run, "factory reset pin: otadata was erased");
}

static int select_app(struct boot_run *run)
{
    const struct partition *partition =
        partition_table_find(&run->table, PARTITION_TYPE_DATA, PARTITION_DATA_OTA);
    run->otadata_partition = partition;
    if (run->config->factory_reset_pin_held) {
        reset_to_factory(run);
    }
    if (run->config->test_app_pin_held && find_app(run, BOOTLOADER_INDEX_TEST) != NULL) {
        append_reason(run, "test app pin");
        return BOOTLOADER_INDEX_TEST;
    }
    if (partition == NULL) {
        append_reason(run, "no otadata partition: factory");
        return BOOTLOADER_INDEX_FACTORY;
    }
    device_advance_us(run->device, 2 * flash_read_time_us(sizeof run->otadata.entry[0]));
    if (partition->size < 2 * FLASH_SECTOR_SIZE ||
        otadata_read(run->device->flash, partition->offset, &run->otadata) != ESP_OK) {
        append_reason(run, "otadata can't be read: its partition needs two sectors");
        return BOOTLOADER_INDEX_INVALID;
    }
    for (int i = 0; run->config->seeded_fault && i < 2; i++) {
        run->otadata.entry[i].crc = otadata_crc(run->otadata.entry[i].seq);
    }
    if (run->config->rollback && !run->config->seeded_fault) {
        abort_unconfirmed(run);
    }
    return select_by_otadata(run);
}

static esp_err_t verify(struct boot_run *run, const struct partition *partition,
                        const struct app_image_rules *rules, struct error *err)
{
    struct device *device = run->device;
    struct app_image_info *info = &run->report->image;
    if (device->image_memo != NULL) {
        return image_memo_verify(device->image_memo, device->flash, partition, rules, info, err);
    }
    struct slot_source slot = {.device = device, .offset = partition->offset};
    const struct app_image_source source = {
        .read = read_slot, .context = &slot, .size = partition->size};
    return app_image_verify(&source, rules, info, err);
}

bool bootloader_signature_policy(const struct bootloader_config *config, const struct chip *chip,
                                 const struct efuse *efuse, struct signature_policy *out)
{
    enum signature_scheme scheme =
        config->scheme != SIGNATURE_NONE ? config->scheme : SIGNATURE_RSA_3072;
    if (efuse->secure_boot) {
        signature_policy_from_efuse(efuse, chip, scheme, out);
    }
    return efuse->secure_boot;
}

/* "Aggressive" revocation: whoever can spoil a signature can take the device's keys away. */
static void revoke_refused_keys(struct boot_run *run, const struct bootloader_attempt *attempt)
{
    struct efuse *efuse = &run->device->efuse;
    for (unsigned i = 0; i < EFUSE_MAX_KEY_DIGESTS && efuse->aggressive_revoke; i++) {
        if (((unsigned)run->report->image.refused_keys >> i & 1u) != 0 &&
            efuse_key_is_usable(efuse, i)) {
            struct error what;
            efuse_revoke_key(efuse, i);
            error_set(&what, "key %u is revoked: its signature of %s is wrong", i,
                      attempt->partition.label);
            append_reason(run, what.text);
        }
    }
}

static bool load(struct boot_run *run, const struct partition *partition, bool skip_digest)
{
    struct bootloader_report *report = run->report;
    struct signature_policy policy;
    bool is_signed =
        bootloader_signature_policy(run->config, run->device->chip, &run->device->efuse, &policy);
    const struct app_image_rules rules = {
        .kind = APP_IMAGE_APP,
        .chip = run->device->chip,
        .efuse = &run->device->efuse,
        .lenience = run->config->lenience,
        .skip_digest = skip_digest && !is_signed,
        .signature = is_signed ? &policy : NULL,
    };
    struct bootloader_attempt *attempt = &report->attempt[report->attempts++];
    attempt->partition = *partition;
    attempt->result = verify(run, partition, &rules, &attempt->error);
    revoke_refused_keys(run, attempt);
    if (attempt->result != ESP_OK) {
        return false;
    }
    report->booted = true;
    report->app = *partition;
    return true;
}

static bool try_app(struct boot_run *run, int index)
{
    const struct partition *partition = find_app(run, index);
    return partition != NULL && passes_anti_rollback(run, partition) && load(run, partition, false);
}

/* The index that booted, or BOOTLOADER_INDEX_INVALID. */
static int load_from(struct boot_run *run, int selected)
{
    int start = selected;
    const struct partition *test = find_app(run, BOOTLOADER_INDEX_TEST);
    if (selected == BOOTLOADER_INDEX_TEST) {
        if (load(run, test, false)) {
            return BOOTLOADER_INDEX_TEST;
        }
        test = NULL;
        start = BOOTLOADER_INDEX_FACTORY;
    }
    if (run->config->seeded_fault) {
        return try_app(run, start) ? start : BOOTLOADER_INDEX_INVALID;
    }
    for (int index = start; index >= BOOTLOADER_INDEX_FACTORY; index--) {
        if (try_app(run, index)) {
            return index;
        }
    }
    for (int index = start + 1; index < (int)run->slots; index++) {
        if (try_app(run, index)) {
            return index;
        }
    }
    return test != NULL && load(run, test, false) ? BOOTLOADER_INDEX_TEST
                                                  : BOOTLOADER_INDEX_INVALID;
}

static void write_initial_contents(struct boot_run *run, int slot)
{
    struct otadata_entry *entry = &run->otadata.entry[0];
    entry->seq = (uint32_t)slot + 1;
    entry->state = OTADATA_VALID;
    entry->crc = otadata_crc(entry->seq);
    rewrite_entry(run, 0);
}

/* A wake-up boots what ran before, without asking otadata and without hashing. */
static bool wake_up(struct boot_run *run)
{
    const struct device *device = run->device;
    if (!run->config->skip_validate_in_deep_sleep ||
        device->reset_reason != DEVICE_RESET_DEEPSLEEP || !device->has_last_app ||
        !load(run, &device->last_app, true)) {
        return false;
    }
    uint8_t subtype = device->last_app.subtype;
    run->report->selected_index = subtype == PARTITION_APP_FACTORY ? BOOTLOADER_INDEX_FACTORY
                                  : subtype == PARTITION_APP_TEST  ? BOOTLOADER_INDEX_TEST
                                                                   : subtype - PARTITION_APP_OTA_0;
    append_reason(run, "wake-up from deep sleep: the app that ran before, unverified");
    return true;
}

static void report_brick(struct boot_run *run)
{
    struct error reason = run->report->reason;
    memset(&run->report->image, 0, sizeof run->report->image);
    error_set(&run->report->reason, "brick: no app boots (%u tried); %s", run->report->attempts,
              reason.text);
}

bool bootloader_run(struct device *device, const struct bootloader_config *config,
                    struct bootloader_report *report)
{
    memset(report, 0, sizeof *report);
    report->selected_index = BOOTLOADER_INDEX_INVALID;
    struct boot_run run = {.device = device, .config = config, .report = report};
    struct error why;
    device_advance_us(device, flash_read_time_us(PARTITION_TABLE_MAX_LENGTH));
    if (device_partition_table(device, &run.table, &why) != ESP_OK) {
        device->has_last_app = false;
        return error_set(&report->reason, "brick: no partition table: %s", why.text);
    }
    run.slots = partition_table_ota_count(&run.table);
    if (!wake_up(&run)) {
        report->selected_index = select_app(&run);
        int booted = report->selected_index == BOOTLOADER_INDEX_INVALID
                         ? BOOTLOADER_INDEX_INVALID
                         : load_from(&run, report->selected_index);
        if (run.initial_contents && booted >= 0) {
            write_initial_contents(&run, booted);
        }
    }
    device->has_last_app = report->booted;
    device->last_app = report->app;
    if (!report->booted) {
        report_brick(&run);
    }
    return report->booted;
}
