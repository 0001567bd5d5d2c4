#include "flows.h"

#include <stdio.h>
#include <string.h>

#include "days.h"
#include "esp_err.h"
#include "esp_ota_ops.h"
#include "variant.h"

#define STAND_IN_VERSION "0.0.0-stand-in"

static const struct partition *factory(const struct gate *gate)
{
    return partition_table_find(&gate->table, PARTITION_TYPE_APP, PARTITION_APP_FACTORY);
}

/* Where a new device runs from, and where its first update goes. */
static const struct partition *first_slot(const struct gate *gate)
{
    return factory(gate) != NULL ? factory(gate) : gate_ota_slot(gate, 0);
}

static const struct partition *second_slot(const struct gate *gate)
{
    return gate_ota_slot(gate, factory(gate) != NULL ? 0 : 1);
}

/* Without --from something runs in its place: a small app, or the release itself where only its
 * signer's apps may run. */
static void install(const struct gate *gate, const struct gate_image *image,
                    const struct partition *slot, struct scenario_device *device)
{
    struct scenario_app *app = &device->apps[0];
    app->label = slot->label;
    if (image->name != NULL) {
        app->file = image->path;
    } else if (gate->new.is_signed) {
        app->file = gate->new.path;
    } else {
        app->image.version = STAND_IN_VERSION;
    }
}

static uint16_t larger(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

/* What the stand-in says if there is no other is 0, as an image that is not given. */
static const struct app_image_info *installed_image(const struct gate *gate)
{
    bool is_new = gate->old.name == NULL && gate->new.is_signed;
    return is_new ? &gate->new.info : &gate->old.info;
}

static struct scenario_device device_of(const struct gate *gate)
{
    const struct app_image_info *new = &gate->new.info, *old = &gate->old.info;
    struct scenario_device device = {
        .chip = gate->chip->name,
        .chip_revision = gate->revision_given
                             ? gate->revision
                             : larger(new->min_chip_revision, old->min_chip_revision),
        .efuse_block_revision =
            larger(new->descriptor.min_block_revision, old->descriptor.min_block_revision),
        .flash_encryption = sdkconfig_on(&gate->config, "CONFIG_SECURE_FLASH_ENC_ENABLED"),
        .flash_size = gate_flash_size(gate),
        .partitions = gate->table_path,
    };
    if (gate_boots_securely(gate)) {
        device.secure_boot_by = gate->old.name != NULL ? gate->old.path : gate->new.path;
    }
    if (sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK")) {
        device.secure_version = installed_image(gate)->descriptor.secure_version;
        if (factory(gate) == NULL) {
            device.otadata[0] = (struct scenario_otadata_entry)ENTRY(1, OTADATA_VALID);
        }
    }
    return device;
}

/* A device that runs `from` and is offered `to`; both may be the stand-in's place. */
static struct gate_flow *add(const struct gate *gate, struct gate_flows *flows, const char *name,
                             const char *about, const struct gate_image *from,
                             const struct gate_image *to)
{
    struct gate_flow *flow = &flows->flows[flows->count++];
    struct scenario *scenario = &flow->scenario;
    scenario->name = name;
    scenario->about = about;
    scenario->device = device_of(gate);
    install(gate, from, first_slot(gate), &scenario->device);
    scenario->firmware = flows->updater;
    scenario->image_file = to->path;
    scenario->server[0] = (struct scenario_response)IMAGE();
    /* Its progress events count too much; what matters is what is installed. */
    scenario->expect.any_events = quirk_in_release(QUIRK_LENGTH_COUNTED_TWICE, gate->release);
    return flow;
}

static bool has_trial(const struct gate *gate)
{
    return sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE") ||
           sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK");
}

/* The new app confirms itself in its first boot, and is there after the next reset too. */
static void let_confirm(const struct gate *gate, const struct gate_flows *flows,
                        struct gate_flow *flow)
{
    struct scenario *scenario = &flow->scenario;
    bool anti = sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK");
    uint32_t new = gate->new.info.descriptor.secure_version;
    scenario->update.restart = true;
    scenario->firmware_of[0] =
        (struct scenario_behaviour){gate->new.info.descriptor.version, flows->confirmer};
    scenario->expect.boots[0] = (struct expected_boot){
        second_slot(gate)->label, gate->new.info.descriptor.version, .reset = "software"};
    scenario->expect.more_boots = 1;
    scenario->expect.secure_version = anti && new > scenario->device.secure_version ? new : 0;
}

static const char *version_of(const struct gate_image *image)
{
    return image->name != NULL ? image->info.descriptor.version : STAND_IN_VERSION;
}

const char *gate_why_unconfirmed(const struct gate *gate)
{
    bool stand_in_is_new = gate->old.name == NULL && gate->new.is_signed;
    if (!has_trial(gate)) {
        return NULL;
    }
    if (stand_in_is_new) {
        return "NEW confirms itself: it stands for the app in the field too, which only its signer "
               "could give";
    }
    bool alike = strcmp(version_of(&gate->old), gate->new.info.descriptor.version) == 0;
    return alike ? "NEW confirms itself: the apps are told apart by their versions, and these are "
                   "alike"
                 : NULL;
}

static bool confirms(const struct gate *gate)
{
    return has_trial(gate) && gate_why_unconfirmed(gate) == NULL;
}

static void add_trials(const struct gate *gate, struct gate_flows *flows)
{
    if (confirms(gate)) {
        let_confirm(gate, flows,
                    add(gate, flows, "gate/confirmed",
                        "NEW confirms itself after its first boot, and stays", &gate->old,
                        &gate->new));
    }
    if (has_trial(gate)) {
        struct gate_flow *flow =
            add(gate, flows, "gate/not-confirmed",
                "NEW does not confirm itself: the next reset brings back what ran before",
                &gate->old, &gate->new);
        const char *before = gate->old.name == NULL && gate->new.is_signed
                                 ? gate->new.info.descriptor.version
                                 : version_of(&gate->old);
        flow->scenario.expect.boots[0] = (struct expected_boot){
            .partition = second_slot(gate)->label, .version = gate->new.info.descriptor.version};
        flow->scenario.expect.boots[1] =
            (struct expected_boot){.partition = first_slot(gate)->label, .version = before};
    }
}

/* From the last OTA slot the update goes to the first. */
static void add_wrap(const struct gate *gate, struct gate_flows *flows)
{
    unsigned slots = partition_table_ota_count(&gate->table);
    if (slots < 2) {
        return;
    }
    struct gate_flow *flow = add(gate, flows, "gate/last-to-first",
                                 "from the last slot to the first", &gate->old, &gate->new);
    flow->scenario.device.apps[0].label = gate_ota_slot(gate, slots - 1)->label;
    flow->scenario.device.otadata[0] = (struct scenario_otadata_entry)ENTRY(slots, OTADATA_VALID);
}

static void add_way_back(const struct gate *gate, struct gate_flows *flows)
{
    if (gate->old.name == NULL) {
        return;
    }
    uint32_t new = gate->new.info.descriptor.secure_version;
    bool refused = sdkconfig_on(&gate->config, "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK") &&
                   gate->old.info.descriptor.secure_version < new;
    struct gate_flow *flow =
        add(gate, flows, "gate/back",
            refused ? "NEW to OLD, the way back: refused, its secure version is lower"
                    : "NEW to OLD, the way back",
            &gate->new, &gate->old);
    if (refused) {
        flow->scenario.device.secure_version = new;
        flow->scenario.expect.result = ESP_ERR_OTA_SMALL_SEC_VER;
    }
}

static const char *another_chip(const struct gate *gate)
{
    return strcmp(gate->chip->name, "esp32c3") == 0 ? "esp32s3" : "esp32c3";
}

/* One that is made for the occasion. False if there can be no such image. */
static bool offer(const struct gate *gate, enum gate_offer what, struct scenario *scenario)
{
    const struct scenario_device *device = &scenario->device;
    struct app_image_spec image = {.size = 32768,
                                   .secure_version = gate->new.info.descriptor.secure_version};
    switch (what) {
    case THE_UPDATE:
        return true;
    case ANOTHER_CHIPS:
        scenario->image_chip = another_chip(gate);
        break;
    case NEWER_CHIPS:
        image.min_chip_revision = (uint16_t)(device->chip_revision + 1);
        if (image.min_chip_revision == 0) {
            return false;
        }
        break;
    case NEWER_EFUSE_BLOCKS:
        image.min_block_revision = (uint16_t)(device->efuse_block_revision + 1);
        if (image.min_block_revision == 0 || !gate->chip->checks_efuse_block_revision ||
            gate_wants_signature(gate)) {
            return false;
        }
        break;
    }
    scenario->image_file = NULL;
    scenario->image = image;
    return true;
}

/* The row is why the day ends otherwise only if the run says so: hazards are recorded. */
static const char *hazard_of(const struct gate_otherwise *otherwise)
{
    enum quirk_id id = otherwise != NULL ? quirk_named(otherwise->row) : QUIRK_COUNT;
    bool hazard = id != QUIRK_COUNT && quirk_info(id)->kind == QUIRK_KIND_HAZARD;
    return hazard ? otherwise->row : NULL;
}

static void add_day(const struct gate *gate, struct gate_flows *flows, const struct gate_day *day)
{
    struct gate_flow *flow = add(gate, flows, day->name, day->story, &gate->old, &gate->new);
    struct scenario *scenario = &flow->scenario;
    if (!offer(gate, day->offer, scenario)) {
        memset(flow, 0, sizeof *flow);
        flows->count--;
        return;
    }
    memcpy(scenario->server, day->server, sizeof day->server);
    scenario->expect.any_events = true;
    scenario->listeners.certificate = day->certificate;
    if (day->cut == HALF_SENT) {
        scenario->server[0].cut_after = (int)(gate->new.length / 2);
    } else if (day->cut == ONE_BYTE_SHORT) {
        snprintf(flow->body, sizeof flow->body, "image_head:%u",
                 (unsigned)gate->new.info.image_length - 1);
        scenario->server[0].body = flow->body;
    }
    flow->day = day;
    flow->otherwise = gate_day_in(day, gate->release);
    enum gate_outcome outcome = flow->otherwise != NULL ? flow->otherwise->outcome : day->outcome;
    scenario->expect.result = flow->otherwise != NULL ? flow->otherwise->result : day->result;
    scenario->expect.hazard = hazard_of(flow->otherwise);
    scenario->expect.no_update = outcome == DAY_ENDLESS;
    scenario->expect.crash = outcome == DAY_ENDLESS;
    snprintf(flow->about, sizeof flow->about, "%s: %s", day->story, gate_outcome_text(outcome));
    scenario->about = flow->about;
}

bool gate_flows_make(struct gate *gate, struct gate_flows *flows, struct error *err)
{
    memset(flows, 0, sizeof *flows);
    if (!gate_updater(gate, flows->updater, err) ||
        (confirms(gate) && !gate_confirmer(gate, flows->confirmer, err))) {
        return false;
    }
    add(gate, flows, "gate/update",
        gate->old.name != NULL ? "OLD to NEW, as a new device does it"
        : gate->new.is_signed  ? "NEW over itself (no --from)"
                               : "to NEW, from a stand-in (no --from)",
        &gate->old, &gate->new);
    add_wrap(gate, flows);
    add_way_back(gate, flows);
    add_trials(gate, flows);
    flows->good = flows->count;
    for (size_t i = 0; i < gate_day_count; i++) {
        add_day(gate, flows, &gate_days[i]);
    }
    return true;
}
