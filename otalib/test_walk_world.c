#include "test_walk_world.h"

#include <stdlib.h>
#include <string.h>

#include "app_image.h"

#define FLASH_BYTES 0x40000u
#define OTADATA_AT  0xd000u

#define COMMON                                                                                     \
    "nvs,     data, nvs, 0x9000, 0x4000\n"                                                         \
    "otadata, data, ota, 0xd000, 0x2000\n"

const char *const world_table_names[WORLD_TABLES] = {"std", "nofactory", "three"};
const char *const world_variant_names[WORLD_VARIANTS] = {"default", "rollback", "anti_rollback"};
const char *const world_start_names[WORLD_STARTS] = {
    "new device",
    "ota_0 confirmed",
    "ota_1 confirmed after ota_0",
    "two slots confirmed, sequence near its end",
};

static const char *const table_texts[WORLD_TABLES] = {
    COMMON "factory, app, factory, 0x10000, 16K\n"
           "ota_0,   app, ota_0,   0x20000, 16K\n"
           "ota_1,   app, ota_1,   0x30000, 16K\n",
    COMMON "ota_0, app, ota_0, 0x10000, 16K\n"
           "ota_1, app, ota_1, 0x20000, 16K\n",
    COMMON "ota_0, app, ota_0, 0x10000, 16K\n"
           "ota_1, app, ota_1, 0x20000, 16K\n"
           "ota_2, app, ota_2, 0x30000, 16K\n",
};

/* otadata of each start: seq and state of both entries, seq 0 for an erased one. */
static const struct {
    uint32_t seq[2];
    bool has_slots; /* apps lie in ota_0 and ota_1 */
} starts[WORLD_STARTS] = {
    {{0, 0}, false},
    {{1, 0}, true},
    {{1, 2}, true},
    {{0xFFFFFFFA, 0xFFFFFFF9}, true},
};

static const struct app_image_spec specs[] = {
    {.version = "1.0.0", .size = 1024, .seed = 1},
    {.version = "1.1.0", .size = 2048, .seed = 2},
    {.version = "2.0.0", .size = 4096, .seed = 3, .secure_version = 1},
    {.version = "2.1.0", .size = 4112, .seed = 4, .secure_version = 1},
    {.version = "3.0.0", .size = 9216, .seed = 5, .secure_version = 2},
    {.version = "9.0.0", .size = 3072, .seed = 6, .secure_version = 3},
    {.version = "bit-flip", .size = 2048, .seed = 7, .flaws = APP_IMAGE_FLAW_BIT_FLIP},
    {.version = "bad-hash", .size = 4112, .seed = 8, .flaws = APP_IMAGE_FLAW_HASH},
    {.version = "cut-off", .size = 4112, .seed = 9, .flaws = APP_IMAGE_FLAW_LAST_BYTE_MISSING},
    {.version = "bad-magic", .size = 1024, .seed = 10, .flaws = APP_IMAGE_FLAW_MAGIC},
    {.version = "too-long", .size = 17408, .seed = 11},
};

struct world_image world_images[sizeof specs / sizeof specs[0]];
const unsigned world_image_count = sizeof specs / sizeof specs[0];
const unsigned world_retry_image = 5;

static struct partition_table tables[WORLD_TABLES];
static struct flash *fresh[WORLD_TABLES]; /* with the table and no app */
static struct device *the_device;

static bool build_images(void)
{
    for (unsigned i = 0; i < world_image_count; i++) {
        struct world_image *image = &world_images[i];
        image->name = specs[i].version;
        image->verifies = i <= world_retry_image;
        image->secure_version = specs[i].secure_version;
        if (!app_image_build(&specs[i], &image->bytes, &image->length, NULL)) {
            return false;
        }
    }
    return true;
}

bool world_create(void)
{
    the_device = device_create(&(struct device_config){.flash_size = FLASH_BYTES});
    if (the_device == NULL || !build_images()) {
        return false;
    }
    for (unsigned i = 0; i < WORLD_TABLES; i++) {
        struct flash *blank = flash_create(FLASH_BYTES);
        fresh[i] = blank != NULL ? flash_snapshot(blank) : NULL;
        flash_destroy(blank);
        if (fresh[i] == NULL ||
            !partition_table_from_csv(world_table_names[i], table_texts[i], strlen(table_texts[i]),
                                      FLASH_BYTES, 0, &tables[i], NULL)) {
            return false;
        }
        uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
        partition_table_to_binary(&tables[i], binary);
        flash_load(fresh[i], PARTITION_TABLE_OFFSET, binary, sizeof binary);
    }
    return true;
}

void world_destroy(void)
{
    for (unsigned i = 0; i < world_image_count; i++) {
        free(world_images[i].bytes);
    }
    for (unsigned i = 0; i < WORLD_TABLES; i++) {
        flash_destroy(fresh[i]);
    }
    device_destroy(the_device);
}

static void put_app(struct world *world, int place, unsigned image)
{
    const struct partition *partition = world_partition(world, place);
    if (partition != NULL) {
        flash_load(world->device->flash, partition->offset, world_images[image].bytes,
                   (uint32_t)world_images[image].length);
    }
}

static void put_entry(struct world *world, uint32_t index, uint32_t seq)
{
    if (seq == 0) {
        return;
    }
    struct otadata_entry entry = {.seq = seq, .state = OTADATA_VALID, .crc = otadata_crc(seq)};
    memset(entry.label, 0xFF, sizeof entry.label);
    flash_load(world->device->flash, OTADATA_AT + index * FLASH_SECTOR_SIZE, &entry, sizeof entry);
}

void world_open(struct world *world, const struct walk_setup *setup)
{
    *world = (struct world){.setup = *setup, .device = the_device, .table = tables[setup->table]};
    world->bootloader.rollback = setup->variant > 0;
    world->bootloader.anti_rollback = setup->variant > 1;
    world->slots = (int)partition_table_ota_count(&world->table);
    flash_snapshot_refresh(the_device->flash, fresh[setup->table]);
    the_device->efuse = (struct efuse){
        .flash_encryption = setup->encrypted,
        .secure_version_length = 16,
    };
    bool has_slots = starts[setup->start].has_slots;
    put_app(world, PLACE_FACTORY, 0);
    if (has_slots || world_partition(world, PLACE_FACTORY) == NULL) {
        put_app(world, 0, 0);
    }
    if (has_slots) {
        put_app(world, 1, 1);
    }
    put_entry(world, 0, starts[setup->start].seq[0]);
    put_entry(world, 1, starts[setup->start].seq[1]);
}

const struct partition *world_partition(const struct world *world, int place)
{
    if (place == PLACE_DATA) {
        return partition_table_find(&world->table, PARTITION_TYPE_DATA, PARTITION_DATA_NVS);
    }
    if (place < PLACE_FACTORY || place >= MAX_SLOTS) {
        return NULL;
    }
    uint8_t subtype =
        place == PLACE_FACTORY ? PARTITION_APP_FACTORY : (uint8_t)(PARTITION_APP_OTA_0 + place);
    return partition_table_find(&world->table, PARTITION_TYPE_APP, subtype);
}

const char *world_place_name(int place)
{
    static const char *const slots[MAX_SLOTS] = {"ota_0", "ota_1", "ota_2"};
    return place == PLACE_FACTORY            ? "factory"
           : place == PLACE_DATA             ? "nvs"
           : place >= 0 && place < MAX_SLOTS ? slots[place]
                                             : "nothing";
}

int world_place_of(const struct partition *partition)
{
    if (partition->type == PARTITION_TYPE_DATA && partition->subtype == PARTITION_DATA_NVS) {
        return PLACE_DATA;
    }
    if (partition->type != PARTITION_TYPE_APP) {
        return PLACE_NONE;
    }
    return partition->subtype == PARTITION_APP_FACTORY ? PLACE_FACTORY
                                                       : partition->subtype - PARTITION_APP_OTA_0;
}

int world_app_at(const struct world *world, int place)
{
    const struct partition *partition = world_partition(world, place);
    for (unsigned i = 0; partition != NULL && i < world_image_count; i++) {
        const struct world_image *image = &world_images[i];
        if (image->verifies && image->length <= partition->size &&
            memcmp(flash_view(world->device->flash, partition->offset, partition->size),
                   image->bytes, image->length) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool may_boot(const struct world *world, int place, uint32_t chip)
{
    int image = world_app_at(world, place);
    return image >= 0 &&
           (!world->bootloader.anti_rollback || world_images[image].secure_version >= chip);
}

static uint32_t chip_version(const struct world *world)
{
    return efuse_secure_version(&world->device->efuse);
}

bool world_may_boot(const struct world *world, int place)
{
    return may_boot(world, place, chip_version(world));
}

void world_read_otadata(const struct world *world, struct otadata *out)
{
    otadata_read(world->device->flash, OTADATA_AT, out);
}

/* What the descriptor says, whether or not the image around it verifies; false if there is none. Of
 * a descriptor of which only the magic was written yet, the version is 0xFFFFFFFF: not too low. */
static bool stated_version(const struct world *world, int place, uint32_t *version)
{
    uint32_t words[2]; /* magic, secure version */
    const struct partition *partition = world_partition(world, place);
    if (partition == NULL) {
        return false;
    }
    flash_read(world->device->flash, partition->offset + APP_IMAGE_DESCRIPTOR_OFFSET, words,
               sizeof words);
    *version = words[1];
    return words[0] == APP_IMAGE_DESCRIPTOR_MAGIC;
}

int world_slot_named(const struct world *world, const struct otadata_entry *entry)
{
    return (int)((entry->seq - 1) % (uint32_t)world->slots);
}

static bool is_blank(const struct otadata_entry *entry)
{
    return entry->seq == 0xFFFFFFFFu || entry->crc != otadata_crc(entry->seq);
}

static bool is_given_up(const struct otadata_entry *entry)
{
    return entry->state == OTADATA_INVALID || entry->state == OTADATA_ABORTED;
}

bool world_entry_counts(const struct world *world, const struct otadata_entry *entry)
{
    uint32_t version;
    if (is_blank(entry) || is_given_up(entry)) {
        return false;
    }
    return !world->bootloader.anti_rollback ||
           (stated_version(world, world_slot_named(world, entry), &version) &&
            version >= chip_version(world));
}

/* The entry that selects, -1 if none does. Of two that count, the later one; the first on a tie. */
static int selecting_entry(const struct world *world, const struct otadata *otadata)
{
    bool first = world_entry_counts(world, &otadata->entry[0]),
         second = world_entry_counts(world, &otadata->entry[1]);
    if (first && second) {
        return otadata->entry[0].seq >= otadata->entry[1].seq ? 0 : 1;
    }
    return first ? 0 : second ? 1 : -1;
}

static void note_selection(const struct world *world, int index, struct world_choice *choice)
{
    struct otadata_entry *entry = &choice->after.entry[index];
    choice->selected = world_slot_named(world, entry);
    if (world->bootloader.rollback && entry->state == OTADATA_NEW) {
        entry->state = OTADATA_PENDING_VERIFY;
        choice->on_trial = true;
    }
    uint32_t version;
    /* The field has 16 bits; a version beyond it burns none. */
    if (world->bootloader.anti_rollback && entry->state == OTADATA_VALID &&
        stated_version(world, choice->selected, &version) && version <= 16 &&
        version > choice->secure_version) {
        choice->secure_version = version;
    }
}

bool world_next_tried(const struct world *world, int selected, int *place)
{
    if (*place <= selected && *place > PLACE_FACTORY) {
        (*place)--;
        return true;
    }
    *place = *place == PLACE_FACTORY ? selected + 1 : *place + 1;
    return *place < world->slots;
}

static int first_that_boots(const struct world *world, const struct world_choice *choice)
{
    int place = choice->selected;
    do {
        if (may_boot(world, place, choice->secure_version)) {
            return place;
        }
    } while (world_next_tried(world, choice->selected, &place));
    return PLACE_NONE;
}

void world_choose(const struct world *world, struct world_choice *out)
{
    *out = (struct world_choice){.selected = PLACE_FACTORY};
    out->secure_version = out->secure_version_before = chip_version(world);
    world_read_otadata(world, &out->after);
    struct otadata_entry *entries = out->after.entry;
    for (int i = 0; world->bootloader.rollback && i < 2; i++) {
        if (entries[i].state == OTADATA_PENDING_VERIFY) {
            entries[i].state = OTADATA_ABORTED;
        }
    }
    bool blank = is_blank(&entries[0]) && is_blank(&entries[1]);
    int index = selecting_entry(world, &out->after);
    out->entry = index;
    if (index >= 0) {
        note_selection(world, index, out);
    }
    out->boots = first_that_boots(world, out);
    /* A device that was never updated notes what it booted. An entry whose CRC is bad is blank, but
     * unless its seq is erased or it was given up, otadata is not "unusable" without anti-rollback:
     * then nothing is noted (recording E-otadata-crc-both-nofactory). */
    bool unusable = true;
    for (int i = 0; i < 2; i++) {
        unusable = unusable && (entries[i].seq == 0xFFFFFFFFu || is_given_up(&entries[i]));
    }
    bool initial = blank && (world->bootloader.anti_rollback ||
                             (unusable && world_partition(world, PLACE_FACTORY) == NULL));
    out->initial = initial && out->boots >= 0;
    if (out->initial) {
        entries[0].seq = (uint32_t)out->boots + 1;
        entries[0].state = OTADATA_VALID;
        entries[0].crc = otadata_crc(entries[0].seq);
    }
}
